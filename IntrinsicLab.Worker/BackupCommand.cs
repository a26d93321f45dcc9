using IntrinsicLab.Data;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace IntrinsicLab.Worker;

/// <summary>The verb <c>backup</c>: a copy of the database, taken while the lab runs.</summary>
internal static class BackupCommand
{
    public static async Task<int> Execute(FileInfo file)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddLabData(builder.Configuration);
        try
        {
            using var host = builder.Build();
            await host.Services.GetRequiredService<LabDatabase>().Backup(file.FullName);
            file.Refresh();
            Console.WriteLine($"{file.FullName}: {file.Length / 1e6:N1} MB. To go back to it, stop the lab and put it in the place of lab.db.");
            return 0;
        }
        catch (Exception error) when (StartProblem.Of(error) is { } problem)
        {
            Console.Error.WriteLine(problem);
            return 2;
        }
    }
}
