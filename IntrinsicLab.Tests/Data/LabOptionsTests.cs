using IntrinsicLab.Data;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace IntrinsicLab.Tests.Data;

public sealed class LabOptionsTests
{
    [Fact]
    public async Task Start_WrongSettings_AllAreNamed()
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Lab:LeaseSeconds"] = "0", ["Lab:CpuSlots"] = "-1" });
        builder.Services.AddLabData(builder.Configuration);
        using var host = builder.Build();

        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());
        Assert.Contains(error.Failures, failure => failure.Contains("LeaseSeconds"));
        Assert.Contains(error.Failures, failure => failure.Contains("CpuSlots"));
    }

    [Theory]
    [InlineData("Host=db;Database=lab", true)]
    [InlineData("postgres://me:p%40ss@db:5433/lab", true)]
    [InlineData("lab.db", false)]
    public void IsServerAddress_Settings(string setting, bool expected) => Assert.Equal(expected, LabDatabase.IsServerAddress(setting));

    [Fact]
    public void ConnectionStringOf_Address_NamesItsParts() => Assert.Equal(
        "Host=db;Port=5433;Database=lab;Username=me;Password=p@ss", LabDatabase.ConnectionStringOf("postgres://me:p%40ss@db:5433/lab"));

    [Fact]
    public void Database_UnknownKind_IsRefusedWithoutShowingIt()
    {
        var error = Assert.Throws<ArgumentException>(() => new LabDatabase(Options.Create(new LabOptions { Database = "Server=x;Password=secret" })));
        Assert.DoesNotContain("secret", error.Message);
    }
}
