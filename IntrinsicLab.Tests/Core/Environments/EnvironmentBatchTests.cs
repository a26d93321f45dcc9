using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Environments;

public class EnvironmentBatchTests
{
    private const int Environments = 5;

    [Fact]
    public void Step_OnEnd_ShowsNextEpisodeAndKeepsTheLastObservation()
    {
        using var batch = Counting(longest: 4);
        var ends = 0;
        for (var step = 0; step < 50; step++)
        {
            var before = batch.Observations.ToArray();
            batch.Step(Actions(1.5f));
            for (var index = 0; index < Environments; index++)
            {
                var (now, final, rewards) = (Row(batch.Observations, index), Row(batch.FinalObservations, index), batch.Rewards);
                var (episode, length) = (before[3 * index], before[3 * index + 1] + 1);
                Assert.Equal(length, rewards[index]);
                if (batch.Terminated[index] || batch.Truncated[index])
                    Assert.Equal([episode + 1, 0, 0, episode, length, 1.5f], now.Concat(final));
                else
                    Assert.Equal([episode, length, 1.5f], now);
                ends += batch.Terminated[index] || batch.Truncated[index] ? 1 : 0;
            }
        }
        Assert.InRange(ends, 50, 200);
    }

    [Fact]
    public void Ended_OverManySteps_HasReturnsLengthsAndUniqueSteps()
    {
        using var batch = Counting(longest: 4);
        var episodes = new List<Episode>();
        for (var step = 0; step < 100; step++)
        {
            batch.Step(Actions(0));
            Assert.All(batch.Ended, episode => Assert.Equal(5L * step + episode.Environment + 1, episode.Step));
            episodes.AddRange(batch.Ended);
        }

        Assert.Equal(500, batch.Steps);
        Assert.Distinct(episodes.Select(episode => episode.Step));
        Assert.All(episodes, episode => Assert.Equal(episode.Length * (episode.Length + 1) / 2.0, episode.Return));
        Assert.Equal([1, 2, 3, 4], episodes.Select(episode => episode.Length).Distinct().Order());
    }

    [Fact]
    public void Step_ActionOutsideTheBox_IsClippedOnACopy()
    {
        using var batch = Counting(longest: 1000);
        float[] actions = [-5, 5, 0.5f, -1, 2];
        batch.Step(actions);

        Assert.Equal([-5, 5, 0.5f, -1, 2], actions);
        Assert.Equal([-1, 2, 0.5f, -1, 2], Enumerable.Range(0, Environments).Select(index => Row(batch.Observations, index)[2]));
    }

    [Fact]
    public void Step_BeforeReset_IsRefused()
    {
        using var batch = new EnvironmentBatch(CountingEnvironment.Factory(4), 1, new Rng(1));

        Assert.Throws<InvalidOperationException>(() => batch.Step([0]));
    }

    [Fact]
    public void Step_WrongNumberOfActions_IsRefused()
    {
        using var batch = Counting(longest: 4);

        Assert.Throws<ArgumentException>(() => batch.Step([0, 0]));
    }

    [Fact]
    public void Reset_InMidEpisode_BeginsNewEpisodesAndGoesOnCounting()
    {
        using var batch = Counting(longest: 1000);
        batch.Step(Actions(0));
        batch.Reset();
        batch.Step(Actions(0));

        Assert.Equal([2, 1, 0], Row(batch.Observations, 0));
        Assert.Equal(10, batch.Steps);
    }

    [Fact]
    public void Environments_OfOneBatch_DrawFromDifferentStreams()
    {
        using var batch = new EnvironmentBatch(EnvironmentCatalog.Factory(EnvironmentCatalog.Find("cartpole")!), 16, new Rng(3));
        batch.Reset();

        Assert.Distinct(batch.Observations.ToArray());
    }

    [Theory]
    [InlineData("cartpole", 2)]
    [InlineData("mountain-car-continuous", 3)]
    [InlineData("hopper", 2)]
    [InlineData("hopper", 4)]
    public void Step_OnSeveralThreads_EqualsOneThread(string id, int threads)
    {
        if (EnvironmentCatalog.Find(id)!.WhyUnavailable() is not null)
            return;

        Assert.Equal(Record(Batch(id, 1), 200), Record(Batch(id, threads), 200));
    }

    [Fact]
    public void Step_FailureOnAnotherThread_ReachesTheCaller()
    {
        using var batch = Batch("mountain-car-continuous", threads: 2);
        batch.Reset();

        Assert.Throws<ArgumentException>(() => batch.Step([0, float.NaN, 0, 0, 0]));
        batch.Step([0, 0, 0, 0, 0]);
    }

    [Theory]
    [InlineData("cartpole")]
    [InlineData("catch")]
    [InlineData("hopper")]
    public void Load_OfSavedBatch_ContinuesBitForBit(string id)
    {
        if (EnvironmentCatalog.Find(id)!.WhyUnavailable() is not null)
            return;
        var (saved, loaded) = (Batch(id, 1), Batch(id, 1));
        saved.Reset();
        Record(saved, 57);
        using var stream = new MemoryStream();
        saved.Save(new BinaryWriter(stream));
        stream.Position = 0;
        loaded.Load(new BinaryReader(stream));

        Assert.Equal(stream.Length, stream.Position);
        Assert.Equal(saved.Ended, loaded.Ended);
        Assert.Equal(Record(saved, 100), Record(loaded, 100));
    }

    [Fact]
    public void Load_OfAnotherCount_IsRefused()
    {
        using var batch = Counting(longest: 4);
        using var other = new EnvironmentBatch(CountingEnvironment.Factory(4), 2, new Rng(1));
        using var stream = new MemoryStream();
        batch.Save(new BinaryWriter(stream));
        stream.Position = 0;

        Assert.Throws<InvalidDataException>(() => other.Load(new BinaryReader(stream)));
    }

    [Theory]
    [InlineData("cartpole", 1)]
    [InlineData("hopper", 1)]
    public void Step_ManyTimes_AllocatesNothing(string id, int threads)
    {
        if (EnvironmentCatalog.Find(id)!.WhyUnavailable() is not null)
            return;
        using var batch = Batch(id, threads);
        batch.Reset();
        var actions = new float[batch.Count * batch.Spec.Action.Size];
        for (var step = 0; step < 300; step++)
            batch.Step(actions);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var step = 0; step < 300; step++)
            batch.Step(actions);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static EnvironmentBatch Counting(int longest)
    {
        var batch = new EnvironmentBatch(CountingEnvironment.Factory(longest), Environments, new Rng(1));
        batch.Reset();
        return batch;
    }

    private static EnvironmentBatch Batch(string id, int threads) =>
        new(EnvironmentCatalog.Factory(EnvironmentCatalog.Find(id)!), Environments, new Rng(7), threads);

    private static float[] Actions(float value) => [.. Enumerable.Repeat(value, Environments)];

    private static float[] Row(ReadOnlySpan<float> rows, int index) => rows.Slice(3 * index, 3).ToArray();

    // Everything a batch shows over so many steps; one that was never stepped is reset first.
    private static List<object> Record(EnvironmentBatch batch, int steps)
    {
        if (batch.Steps == 0)
            batch.Reset();
        var seen = new List<object>();
        var rng = new Rng((ulong)batch.Steps);
        var actions = new float[batch.Count * batch.Spec.Action.Size];
        for (var step = 0; step < steps; step++)
        {
            foreach (ref var action in actions.AsSpan())
                action = batch.Spec.Action is Discrete discrete ? rng.NextInt(discrete.Count) : (float)rng.NextDouble(-1, 1);
            batch.Step(actions);
            seen.AddRange([batch.Observations.ToArray(), batch.FinalObservations.ToArray(), batch.Rewards.ToArray(), batch.RawRewards.ToArray(),
                batch.Terminated.ToArray(), batch.Truncated.ToArray(), batch.Ended.ToArray(), batch.Steps]);
        }
        return seen;
    }
}
