using System.Text.Json;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Data;

public sealed class CostEstimatesTests
{
    public static TheoryData<bool> Databases => TestData.Databases;

    [Theory, MemberData(nameof(Databases))]
    public async Task Of_JudgesByTheNearestRunsThereAre(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        Assert.Equal((CostBasis.Unknown, null, 0), await Judge(data, 1000, "{}"));

        // The same family, another environment: 100 steps a second.
        await Ran(data, Plan(1000, "{}", "acrobot"), seconds: 10);
        Assert.Equal((CostBasis.Family, 100, 1), await Judge(data, 1000, "{}"));
        // Another parameter: 200 and 400, together 3000 steps in 10 s.
        await Ran(data, Plan(1000, """{"gamma":0.5}"""), seconds: 5);
        await Ran(data, Plan(2000, """{"gamma":0.6}"""), seconds: 5);
        Assert.Equal((CostBasis.Task, 300, 2), await Judge(data, 1000, "{}"));
        // The same parameters, another budget.
        await Ran(data, Plan(2000, "{}"), seconds: 4);
        Assert.Equal((CostBasis.Parameters, 500, 1), await Judge(data, 1000, "{}"));
        // The same configuration. One that was stopped at once says nothing, one at work for long does.
        await Ran(data, Plan(1000, "{}"), seconds: 1);
        await Ran(data, Plan(1000, "{}"), seconds: 0.1, RunStatus.Cancelled);
        await Ran(data, Plan(1000, "{}"), seconds: 3, RunStatus.Running);
        Assert.Equal((CostBasis.Configuration, 1000, 1), await Judge(data, 1000, "{}"));
        await Ran(data, Plan(1000, "{}"), seconds: 19, RunStatus.Running);
        Assert.Equal((CostBasis.Configuration, 100, 2), await Judge(data, 1000, "{}"));
    }

    [Fact]
    public async Task Of_SharesRunsOutOverTheSlots()
    {
        await using var data = await TestData.Create();
        await Ran(data, Plan(1000, "{}"), seconds: 10);
        var plans = Enumerable.Range(1, 5).Select(seed => Plan(1000, "{}") with { Seed = seed }).ToList();

        var alone = await data.Costs.Of(plans);
        Assert.Equal((50, null, 0), (alone.ComputeSeconds, alone.WallSeconds, alone.Slots));

        await using (var context = data.Context())
        {
            context.Workers.Add(new() { Id = "w", Host = "h", CpuSlots = 2, StartedAt = data.Time.GetUtcNow(), LastSeenAt = data.Time.GetUtcNow(), Version = "1" });
            context.Workers.Add(new() { Id = "gone", Host = "h", CpuSlots = 9, StartedAt = data.Time.GetUtcNow(), LastSeenAt = data.Time.GetUtcNow().AddHours(-1), Version = "1" });
            await context.SaveChangesAsync();
        }
        var shared = await data.Costs.Of([.. plans, Plan(500, "{}", "hopper-like")]);

        // Two at a time: 10, 20, 30 seconds. The last has no history.
        Assert.Equal((50, 30, 2, 1), (shared.ComputeSeconds, shared.WallSeconds, shared.Slots, shared.UnknownRuns));
        Assert.Equal((6, 2, 5500), (shared.Runs, shared.Configurations, shared.Steps));
    }

    private static async Task<(CostBasis, double?, int)> Judge(TestData data, long steps, string parameters)
    {
        var part = Assert.Single((await data.Costs.Of([Plan(steps, parameters)])).Parts);
        return (part.Basis, part.StepsPerSecond, part.EarlierRuns);
    }

    private static RunPlan Plan(long steps, string parameters, string environment = "cartpole")
    {
        var known = environment == "hopper-like" ? "catch" : environment;
        using var json = JsonDocument.Parse($$"""{"algorithm":"ppo","environment":"{{known}}","steps":{{steps}},"parameters":{{parameters}}}""");
        // An environment that no run has been on, nor on one of its family.
        return RunPlan.Read(json.RootElement, [])! with { Environment = environment == "hopper-like" ? "elsewhere" : environment };
    }

    private static async Task Ran(TestData data, RunPlan plan, double seconds, RunStatus status = RunStatus.Completed)
    {
        var run = await data.Queue.Enqueue(new RunRequest(plan, 0, [], ""), null, "test");
        await using var context = data.Context();
        (run.Status, run.StepsDone, run.ActiveSeconds) = (status, plan.Steps, seconds);
        context.Runs.Update(run);
        await context.SaveChangesAsync();
    }
}
