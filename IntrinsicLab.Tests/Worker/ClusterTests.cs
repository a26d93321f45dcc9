using IntrinsicLab.Data;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Worker;

/// <summary>Two workers that share nothing but a PostgreSQL database; left out where there is none.</summary>
public sealed class ClusterTests
{
    public static TheoryData<string> Server => PostgresServer.IsAvailable ? new() { "PostgreSQL" } : new() { "" };

    [Theory]
    [MemberData(nameof(Server))]
    public async Task Runs_TwoWorkers_EachRunOnceAndBothWork(string server)
    {
        if (server.Length == 0)
            return;
        await using var data = await TestData.Create(onServer: true, migrate: false);
        await using var first = await TestWorker.Start(database: data.Database.Options.Database, slots: 1);
        await using var second = await TestWorker.Start(database: data.Database.Options.Database, slots: 1);
        var runs = new List<Run>();
        for (var seed = 1; seed <= 4; seed++)
            runs.Add(await first.Enqueue(TestWorker.Plan(5_000, seed)));

        var workers = new HashSet<string>();
        foreach (var run in runs)
        {
            var done = await first.Until(run.Id, run => run.Status.IsTerminal(), 120);
            Assert.True(done.Status == RunStatus.Completed, await first.Story(run.Id));
            Assert.Equal(1, done.Attempt);
            workers.Add((await first.Events(run.Id)).Single(each => each.To == RunStatus.Starting).Actor);
        }
        Assert.Equal(2, workers.Count);
    }
}
