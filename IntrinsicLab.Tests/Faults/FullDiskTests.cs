using IntrinsicLab.Data;
using IntrinsicLab.Tests.Support;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Tests.Faults;

public sealed class FullDiskTests
{
    [Fact]
    public async Task Run_PointsCannotBeStored_FailsWithTheReason()
    {
        await using var lab = await TestWorker.Start();
        await using (var context = lab.Context())
            await context.Database.ExecuteSqlRawAsync(
                "CREATE TRIGGER full BEFORE INSERT ON metric_points BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END");
        var run = await lab.Enqueue(TestWorker.Plan(100_000));

        var failed = await lab.Until(run.Id, RunStatus.Failed);

        Assert.Contains("could not be stored", failed.Error);
        Assert.Contains("disk is full", failed.Error);
        Assert.Empty(await lab.Metrics.Names(run.Id));
    }
}
