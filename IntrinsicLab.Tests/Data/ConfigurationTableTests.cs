using System.Text.Json;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using IntrinsicLab.Tests.Support;
using IntrinsicLab.Web;

namespace IntrinsicLab.Tests.Data;

public sealed class ConfigurationTableTests
{
    [Fact]
    public void Of_AGrid_ListsTheAxesAlone()
    {
        var table = Table("""
            {"name":"g","algorithms":["ppo"],"environments":["cartpole"],"seeds":2,"steps":1000,"grid":{"ppo.gamma":[0.9,0.99],"cartpole.delay":[1,5]}}
            """);

        Assert.Equal(["parameters.gamma", "environmentParameters.delay"], table.Members);
        Assert.Equal([(0.9, 1), (0.99, 1), (0.9, 5), (0.99, 5)],
            table.Rows.Select(row => ((double)row.Values["parameters.gamma"], (int)row.Values["environmentParameters.delay"])));
        Assert.Equal(["PPO · gamma 0.9 · delay 1", "PPO · gamma 0.99 · delay 1", "PPO · gamma 0.9 · delay 5", "PPO · gamma 0.99 · delay 5"],
            ConfigurationLabels.Of(table).Select(label => label.Label));
    }

    [Fact]
    public void Of_AlgorithmsAndEnvironments_LeavesTheirDefaultsOut()
    {
        const string Plan = """{"name":"t","algorithms":["ppo","a2c"],"environments":["cartpole","pendulum"],"seeds":1,"steps":1000}""";

        Assert.Equal(["algorithm", "environment"], Table(Plan).Members);
        Assert.Contains("parameters.learningRate", Table(Plan, all: true).Members);
        Assert.Equal(["PPO", "A2C", "PPO", "A2C"], ConfigurationLabels.Of(Table(Plan)).Select(label => label.Label));
    }

    [Fact]
    public void Of_Arms_NamesThemAndWhatTheyChange()
    {
        var table = Table("""
            {"name":"a","arms":[{"name":"far","algorithm":"ppo"},{"name":"near","algorithm":"ppo","parameters":{"gamma":0.9}}],
             "environments":["cartpole"],"seeds":1,"steps":1000}
            """);

        Assert.Equal(["arm", "parameters.gamma"], table.Members);
        Assert.Equal(["far", "near"], ConfigurationLabels.Of(table).Select(label => label.Label));
    }

    [Fact]
    public async Task Of_Runs_ReadsOnePlanOfEachConfiguration()
    {
        await using var data = await TestData.Create();
        var experiment = await ExperimentTests.Enqueue(data, """
            {"name":"g","algorithms":["ppo"],"environments":["cartpole"],"seeds":3,"steps":1000,"grid":{"ppo.gamma":[0.9,0.99]}}
            """);

        Assert.Equal(2, (await data.Configurations.Of(new RunFilter { ExperimentId = experiment })).Rows.Count);
        Assert.Empty((await data.Configurations.Of(new RunFilter { Ids = [] })).Rows);
    }

    private static ConfigurationTable Table(string json, bool all = false)
    {
        using var document = JsonDocument.Parse(json);
        return ConfigurationTable.Of(
            ExperimentPlan.Read(document.RootElement, [])!.Runs.DistinctBy(run => run.ConfigurationHash).Select(run => (run.ConfigurationHash, run.ToJson())), all);
    }
}
