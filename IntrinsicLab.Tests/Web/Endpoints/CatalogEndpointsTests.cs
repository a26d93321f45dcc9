using System.Text.Json.Nodes;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Tests.Web.Endpoints;

[Collection(ApiCollection.Name)]
public class CatalogEndpointsTests(ApiApplication lab)
{
    [Fact]
    public async Task Algorithms_ListTheCatalogueWithSchemas()
    {
        var items = (await lab.Get("algorithms"))["items"]!.AsArray();

        Assert.Equal(AlgorithmCatalog.All.Select(entry => entry.Id), items.Select(item => (string)item!["id"]!));
        Assert.All(items, item => Assert.Equal("object", (string)item!["parameters"]!["type"]!));
    }

    [Fact]
    public async Task Algorithm_DefaultsFollowTheEnvironment()
    {
        var cartpole = await lab.Get("algorithms/ppo?environment=cartpole");
        var entry = AlgorithmCatalog.Find("ppo")!;
        var defaults = (PpoConfig)entry.Defaults(EnvironmentCatalog.Factory(EnvironmentCatalog.Find("cartpole")!).Spec);

        Assert.Equal("cartpole", (string)cartpole["defaultsFor"]!);
        Assert.Equal(defaults.Gamma, (double)cartpole["parameters"]!["properties"]!["gamma"]!["default"]!);
        Assert.NotEmpty(cartpole["presets"]!.AsArray());
    }

    [Fact]
    public async Task Environment_ShowsSpacesAndWhoCanLearnIt()
    {
        var cartpole = await lab.Get("environments/cartpole");

        Assert.True((bool)cartpole["available"]!);
        Assert.Equal(4, (int)cartpole["observation"]!["shape"]![0]!);
        Assert.Equal(2, (int)cartpole["action"]!["count"]!);
        Assert.Contains("ppo", cartpole["algorithms"]!.AsArray().Select(id => (string)id!));
        Assert.NotNull(cartpole["parameters"]!["properties"]!["delay"]);
    }

    [Fact]
    public async Task Environments_SayWhyOneCannotRun()
    {
        foreach (var item in (await lab.Get("environments"))["items"]!.AsArray().Cast<JsonObject>())
            Assert.Equal((bool)item["available"]!, item["whyNot"] is null);
    }

    [Theory]
    [InlineData("algorithms/poo", "'ppo'")]
    [InlineData("environments/cart-poel", "'cartpole'")]
    public async Task Unknown_NamesTheNearest(string path, string near) =>
        Assert.Contains(near, (string)(await ApiApplication.Problem(await lab.Client.GetAsync(path), 404))["detail"]!);
}
