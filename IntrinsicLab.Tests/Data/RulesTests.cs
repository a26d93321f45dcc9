using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Data;
using IntrinsicLab.Tests.Core.Algorithms;
using IntrinsicLab.Tests.Support;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Tests.Data;

public sealed class RulesTests
{
    public static TheoryData<bool> Databases => TestData.Databases;

    [Theory, MemberData(nameof(Databases))]
    public async Task Keep_FromARun_CountsVersionsAndIsFoundToTheBit(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        var rules = Shelf(data);
        var run = await RunWithRule(data, LearnedRuleFileTests.Rule(units: 4));

        var first = (await rules.Keep(run, "grid-rule", "the first")).Rule!;
        await Store(data, run, LearnedRuleFileTests.Rule(units: 5));
        var second = (await rules.Keep(run, "grid-rule", "")).Rule!;

        Assert.Equal(("grid-rule@1", "grid-rule@2", run), (first.Id, second.Id, second.RunId));
        Assert.Equal((3, 5, "predictions", 0.995), (second.Predictions, second.Units, second.Semantics, second.Gamma));
        var found = rules.Find("grid-rule@2")!;
        var learned = LearnedRuleFileTests.Rule(units: 5);
        Assert.Equal(("grid-rule", 2, learned.Origin), (found.Name, found.Version, found.Origin));
        Assert.Equal(learned.Content.Parameters.Select(BitConverter.SingleToInt32Bits), found.Content.Parameters.Select(BitConverter.SingleToInt32Bits));
        Assert.Equal(second.Digest, LearnedRuleFile.Digest(learned.Content));
        Assert.Equal(["grid-rule@1", "grid-rule@2"], (await rules.Of(run)).Select(rule => rule.Id));
        Assert.Equal([.. ShippedRules.All.Select(rule => rule.Id), "grid-rule@1", "grid-rule@2"], await rules.Ids());
        Assert.Equal("the first", (await rules.Get("grid-rule@1"))!.Row.Notes);
        foreach (var wrong in (string[])["grid-rule", "grid-rule@3", "grid-rule@02", "grid-rule@", "@1", "grid-rule@x", ""])
            Assert.Null(rules.Find(wrong));
    }

    [Theory, MemberData(nameof(Databases))]
    public async Task Keep_OfManyAtOnce_GivesEachAVersion(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        var run = await RunWithRule(data, LearnedRuleFileTests.Rule());

        var kept = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Shelf(data).Keep(run, "grid-rule", ""))));

        Assert.Equal([1, 2, 3, 4], kept.Select(each => each.Rule!.Version).Order());
    }

    [Fact]
    public async Task Keep_WithFaults_ListsEveryOne()
    {
        await using var data = await TestData.Create();
        var rules = Shelf(data);
        var without = await data.AddRun();
        var damaged = await data.AddRun();
        await data.Artifacts.Put(damaged.Id, Rules.ArtifactName, "application/json", "{}"u8.ToArray());

        Assert.Equal(["/name", "/run"], (await rules.Keep(Guid.NewGuid(), "Grid rule", "")).Problems.Select(problem => problem.Pointer));
        Assert.Contains("has no rule", Assert.Single((await rules.Keep(without.Id, "grid-rule", "")).Problems).Message);
        Assert.Contains("cannot be read", Assert.Single((await rules.Keep(damaged.Id, "grid-rule", "")).Problems).Message);
        Assert.DoesNotContain(await rules.List(), rule => !rule.Shipped);
        foreach (var shipped in ShippedRules.All)
        {
            var run = await RunWithRule(data, LearnedRuleFileTests.Rule());
            Assert.Equal("/name", Assert.Single((await rules.Keep(run, shipped.Name, "")).Problems).Pointer);
            Assert.Contains("comes with the lab", (await rules.Import(shipped, "")).Conflict);
            Assert.Contains("comes with the lab", (await rules.Delete(shipped.Id)).Conflict);
        }
    }

    [Theory, MemberData(nameof(Databases))]
    public async Task Import_OfANameThatIsThere_ChangesNothing(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        var rules = Shelf(data);
        var (rule, other) = (LearnedRuleFileTests.Rule(), LearnedRuleFileTests.Rule(units: 6));

        var imported = (await rules.Import(rule, "from elsewhere")).Rule!;

        Assert.Equal(("made-up@2", null, "from elsewhere"), (imported.Id, imported.RunId, imported.Notes));
        Assert.Equal(LearnedRuleFile.Write(rule), (await rules.Get("made-up@2"))!.File);
        Assert.Contains("same content", (await rules.Import(rule, "")).Conflict);
        Assert.Contains("another rule", (await rules.Import(other, "")).Conflict);
        Assert.Equal(imported.Digest, (await rules.Get("made-up@2"))!.Row.Digest);
    }

    [Theory, MemberData(nameof(Databases))]
    public async Task Delete_LeavesTheNameTaken(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        var rules = Shelf(data);
        var rule = LearnedRuleFileTests.Rule(name: "grid-rule", version: 1);
        await rules.Import(rule, "");

        Assert.Equal(new RuleDeletion(true, null), await rules.Delete("grid-rule@1"));

        Assert.Equal(new RuleDeletion(false, null), await rules.Delete("grid-rule@1"));
        Assert.Null(rules.Find("grid-rule@1"));
        Assert.Null(await rules.Get("grid-rule@1"));
        Assert.DoesNotContain("grid-rule@1", await rules.Ids());
        var run = await RunWithRule(data, rule);
        Assert.Equal(2, (await rules.Keep(run, "grid-rule", "")).Rule!.Version);
        Assert.Contains("another rule", (await rules.Import(LearnedRuleFileTests.Rule(units: 6, name: "grid-rule", version: 1), "")).Conflict);
        Assert.Equal("grid-rule@1", (await rules.Import(rule, "")).Rule!.Id);
        Assert.NotNull(rules.Find("grid-rule@1"));
    }

    [Theory, MemberData(nameof(Databases))]
    public async Task Delete_WhileSomethingLearnsWithIt_SaysWhat(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        var rules = Shelf(data);
        await rules.Import(LearnedRuleFileTests.Rule(), "");
        var waits = await Add(data, "waits", RunStatus.Paused, """{"parameters":{"rule":"made-up@2"}}""");
        await Add(data, "is done", RunStatus.Completed, """{"parameters":{"rule":"made-up@2"}}""");
        await Add(data, "takes another", RunStatus.Queued, """{"name":"made-up@2","parameters":{"rule":"made-up@21"}}""");
        var sweep = new Experiment
        {
            Id = Guid.CreateVersion7(),
            Name = "search",
            SweepStatus = SweepStatus.Active,
            Plan = """{"parameters":{},"search":{"space":{"rule":{"values":["made-up@1","made-up@2"]}}}}""",
        };
        await using (var context = data.Context())
        {
            context.Experiments.Add(sweep);
            await context.SaveChangesAsync();
        }

        var refused = await rules.Delete("made-up@2");

        Assert.True(refused.Found);
        Assert.Contains("made-up@2 is in use: the run “waits”, the sweep “search” would", refused.Conflict);
        Assert.NotNull(rules.Find("made-up@2"));
        await using (var context = data.Context())
        {
            await context.Runs.Where(run => run.Id == waits).ExecuteUpdateAsync(set => set.SetProperty(run => run.Status, RunStatus.Cancelled));
            await context.Experiments.ExecuteUpdateAsync(set => set.SetProperty(each => each.SweepStatus, (SweepStatus?)SweepStatus.Finished));
        }
        Assert.Null((await rules.Delete("made-up@2")).Conflict);
    }

    [Theory, MemberData(nameof(Databases))]
    public async Task Rule_OfAnErasedRun_Stays(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        var rules = Shelf(data);
        var run = await RunWithRule(data, LearnedRuleFileTests.Rule());
        await rules.Keep(run, "grid-rule", "");

        await data.Metrics.Erase(run);

        var left = await rules.Get("grid-rule@1");
        Assert.NotNull(left);
        Assert.Null(left.Row.RunId);
    }

    private static Rules Shelf(TestData data) => new(data.Contexts, data.Artifacts, data.Time);

    private static async Task<Guid> RunWithRule(TestData data, LearnedRule rule)
    {
        var run = await data.AddRun();
        await Store(data, run.Id, rule);
        return run.Id;
    }

    private static Task Store(TestData data, Guid run, LearnedRule rule) =>
        data.Artifacts.Put(run, Rules.ArtifactName, "application/json", LearnedRuleFile.Write(rule));

    private static async Task<Guid> Add(TestData data, string name, RunStatus status, string plan)
    {
        var run = TestData.NewRun(name);
        (run.Status, run.Plan) = (status, plan);
        await using var context = data.Context();
        context.Runs.Add(run);
        await context.SaveChangesAsync();
        return run.Id;
    }
}
