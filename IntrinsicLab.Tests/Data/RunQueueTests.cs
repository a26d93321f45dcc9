using IntrinsicLab.Data;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Data;

public sealed class RunQueueTests
{
    public static TheoryData<bool> Databases => TestData.Databases;

    [Fact]
    public async Task Transition_EveryPair_FollowsTheTable()
    {
        await using var data = await TestData.Create();
        foreach (var from in Enum.GetValues<RunStatus>())
            foreach (var to in Enum.GetValues<RunStatus>().Where(to => to != RunStatus.Starting))
            {
                var run = await data.AddRun(from);
                var result = await data.Queue.Transition(run.Id, to, "user", "test");

                var expected = from == to ? TransitionOutcome.Unchanged
                    : RunTransitions.IsLegal(from, to) ? TransitionOutcome.Done : TransitionOutcome.Illegal;
                Assert.True(expected == result.Outcome, $"{from} -> {to}: {result.Outcome}");
                Assert.Equal(expected == TransitionOutcome.Done ? to : from, (await data.Get(run.Id)).Status);
                Assert.Equal(expected == TransitionOutcome.Done ? 1 : 0, (await data.Events(run.Id)).Count);
                if (expected == TransitionOutcome.Illegal)
                    Assert.Equal(RunTransitions.From(from), result.Allowed);
            }
    }

    [Theory]
    [InlineData(RunStatus.Queued, RunStatus.Cancelled, RunStatus.Paused, RunStatus.Queued)]
    [InlineData(RunStatus.Starting, RunStatus.Cancelling, RunStatus.Pausing, RunStatus.Starting)]
    [InlineData(RunStatus.Running, RunStatus.Cancelling, RunStatus.Pausing, RunStatus.Running)]
    [InlineData(RunStatus.Pausing, RunStatus.Cancelling, RunStatus.Pausing, null)]
    [InlineData(RunStatus.Paused, RunStatus.Cancelled, RunStatus.Paused, RunStatus.Queued)]
    [InlineData(RunStatus.Cancelling, RunStatus.Cancelling, null, null)]
    [InlineData(RunStatus.Cancelled, RunStatus.Cancelled, null, null)]
    [InlineData(RunStatus.Completed, null, null, null)]
    [InlineData(RunStatus.Failed, null, null, RunStatus.Queued)]
    public async Task CancelPauseResume_FromEachStatus_LeadWhereTheyShould(RunStatus from, RunStatus? cancel, RunStatus? pause, RunStatus? resume)
    {
        await using var data = await TestData.Create();
        var requests = new (RunStatus? To, Func<Guid, string, CancellationToken, Task<TransitionResult>> Ask)[]
            { (cancel, data.Queue.Cancel), (pause, data.Queue.Pause), (resume, data.Queue.Resume) };
        foreach (var (to, ask) in requests)
        {
            var run = await data.AddRun(from);
            var result = await ask(run.Id, "user", default);

            Assert.Equal(to is not null, result.Succeeded);
            Assert.Equal(to ?? from, (await data.Get(run.Id)).Status);
            if (to is null)
                Assert.Contains("can become", result.Message);
        }
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Claim_TwentyAtOnce_OneWins(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        var run = await data.AddRun(RunStatus.Queued);

        var claims = await Task.WhenAll(Enumerable.Range(0, 20)
            .Select(index => Task.Run(() => data.Queue.Claim(run.Id, $"worker {index}", TimeSpan.FromSeconds(20)))));

        var winner = Assert.Single(claims, claim => claim is not null)!;
        Assert.Equal((RunStatus.Starting, 1L, 1), (winner.Status, winner.Fence, winner.Attempt));
        Assert.Equal(winner.WorkerId, Assert.Single(await data.Events(run.Id)).Actor);
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task ClaimNext_ManyClaimersAndRuns_EachRunOnce(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        for (var index = 0; index < 10; index++)
            await data.AddRun(RunStatus.Queued);

        var claims = await Task.WhenAll(Enumerable.Range(0, 20)
            .Select(index => Task.Run(() => data.Queue.ClaimNext(Run.GroupCpu, $"worker {index}", TimeSpan.FromSeconds(20)))));

        Assert.Equal(10, claims.OfType<Run>().Select(run => run.Id).Distinct().Count());
        Assert.Equal(10, claims.Count(run => run is null));
    }

    [Fact]
    public async Task ClaimNext_Order_IsPriorityThenAge()
    {
        await using var data = await TestData.Create();
        var names = new (string Name, int Priority, int Minute)[] { ("third", 0, 1), ("second", 5, 3), ("first", 5, 2), ("fourth", 0, 4), ("last", -1, 0) };
        await using (var context = data.Context())
        {
            foreach (var (name, priority, minute) in names)
            {
                var run = TestData.NewRun(name);
                (run.Priority, run.CreatedAt) = (priority, run.CreatedAt.AddMinutes(minute));
                context.Runs.Add(run);
            }
            context.Runs.Add(TestData.NewRun("other group", Run.GroupGpu));
            await context.SaveChangesAsync();
        }

        var order = new List<string>();
        while (await data.Queue.ClaimNext(Run.GroupCpu, "w", TimeSpan.FromSeconds(20)) is { } run)
            order.Add(run.Name);

        Assert.Equal(["first", "second", "third", "fourth", "last"], order);
    }

    [Fact]
    public async Task Transition_WithAnOldFence_IsStale()
    {
        await using var data = await TestData.Create();
        var run = await data.AddRun();

        Assert.Equal(TransitionOutcome.Stale, (await data.Queue.Transition(run.Id, RunStatus.Completed, "w", "done", fence: 0)).Outcome);
        Assert.False(await data.Queue.Renew(run.Id, 0, TimeSpan.FromSeconds(20)));
        Assert.True(await data.Queue.Renew(run.Id, 1, TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task ReleaseExpired_LeaseRunOut_QueuesAgainAndRaisesTheAttempt()
    {
        await using var data = await TestData.Create();
        var run = await data.AddRun(RunStatus.Queued);
        await data.Queue.Claim(run.Id, "lost", TimeSpan.FromSeconds(20));
        Assert.Equal(0, await data.Queue.ReleaseExpired());

        data.Time.Advance(TimeSpan.FromSeconds(21));
        Assert.Equal(1, await data.Queue.ReleaseExpired());

        Assert.Equal(RunStatus.Queued, (await data.Get(run.Id)).Status);
        var again = await data.Queue.Claim(run.Id, "next", TimeSpan.FromSeconds(20));
        Assert.Equal((2, 2L), (again!.Attempt, again.Fence));
        Assert.False(await data.Queue.Renew(run.Id, 1, TimeSpan.FromSeconds(20)));
    }

    [Theory]
    [InlineData(RunStatus.Pausing, RunStatus.Paused)]
    [InlineData(RunStatus.Cancelling, RunStatus.Cancelled)]
    public async Task ReleaseExpired_AskedToStop_Stops(RunStatus held, RunStatus then)
    {
        await using var data = await TestData.Create();
        var run = await data.AddRun(held);
        data.Time.Advance(TimeSpan.FromMinutes(1));

        await data.Queue.ReleaseExpired();

        Assert.Equal(then, (await data.Get(run.Id)).Status);
    }

    [Fact]
    public async Task ReleaseExpired_ThreeAttemptsWithoutProgress_Fails()
    {
        await using var data = await TestData.Create();
        var run = await data.AddRun(RunStatus.Queued);
        // The first attempt gets to step 100; three more get no further.
        for (var attempt = 1; attempt <= 4; attempt++)
        {
            var claimed = await data.Queue.Claim(run.Id, "w", TimeSpan.FromSeconds(20));
            await data.Metrics.Append(run.Id, claimed!.Fence, [], progress: new RunProgress(100, 1, 1));
            data.Time.Advance(TimeSpan.FromMinutes(1));
            await data.Queue.ReleaseExpired();
            Assert.Equal(attempt < 4 ? RunStatus.Queued : RunStatus.Failed, (await data.Get(run.Id)).Status);
        }
        Assert.Contains("3 attempts", (await data.Get(run.Id)).Error);
    }

    [Fact]
    public async Task Cancel_ExternalRun_EndsItAtOnce()
    {
        await using var data = await TestData.Create();
        var run = await data.Queue.AddExternal(TestData.NewRun(), "api");

        Assert.Equal(TransitionOutcome.Illegal, (await data.Queue.Pause(run.Id, "api")).Outcome);
        Assert.Equal(RunStatus.Cancelled, (await data.Queue.Cancel(run.Id, "api")).Status);
    }

    [Fact]
    public async Task Edit_SomebodyElseWasFaster_IsAConflict()
    {
        await using var data = await TestData.Create();
        var run = await data.AddRun();
        await using var context = data.Context();
        var mine = context.Runs.Single(each => each.Id == run.Id);
        await data.Queue.Pause(run.Id, "user");

        mine.Notes = "edited";

        await Assert.ThrowsAsync<Microsoft.EntityFrameworkCore.DbUpdateConcurrencyException>(() => context.SaveChangesAsync());
    }
}
