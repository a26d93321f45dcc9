using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;

namespace IntrinsicLab.Tests.Core.Algorithms;

public class TransitionPoolTests
{
    // Observations count up from a hundredfold of the path, so that a pair tells its path; actions are half of them.
    private static void Add(TransitionPool pool, int path, int steps)
    {
        float[] seen = [.. Enumerable.Range(0, steps).Select(step => 100f * path + step)];
        pool.AddPath(seen, [.. seen.Select(value => value / 2)], [100f * path + steps]);
    }

    private static Dictionary<(float, float), int> Drawn(TransitionPool pool, int count)
    {
        var rng = new Rng(8);
        var drawn = new Dictionary<(float, float), int>();
        for (var i = 0; i < count; i++)
        {
            var slot = pool.Draw(rng);
            Assert.True(pool.Action(slot)[0] == pool.Observation(slot)[0] / 2);
            var pair = (pool.Observation(slot)[0], pool.NextObservation(slot)[0]);
            drawn[pair] = drawn.GetValueOrDefault(pair) + 1;
        }
        return drawn;
    }

    [Fact]
    public void Draw_SeveralPaths_GivesEveryTransitionEquallyOftenAndNoneAcrossPaths()
    {
        var pool = new TransitionPool(20, 1, 1);
        Add(pool, 1, 3);
        Add(pool, 2, 1);
        Add(pool, 3, 4);

        var drawn = Drawn(pool, 8000);

        Assert.Equal(8, pool.Count);
        Assert.Equal(
            [(100, 101), (101, 102), (102, 103), (200, 201), (300, 301), (301, 302), (302, 303), (303, 304)], drawn.Keys.Order());
        // Five deviations of a binomial count.
        Assert.All(drawn.Values, times => Assert.InRange(times, 850, 1150));
    }

    [Fact]
    public void AddPath_FullRing_ForgetsTheOldestAndNeverPairsWhatIsNotAdjacent()
    {
        var pool = new TransitionPool(10, 1, 1);
        for (var path = 1; path <= 30; path++)
        {
            Add(pool, path, path % 4 + 1);
            var drawn = Drawn(pool, 300).Keys.ToList();
            Assert.All(drawn, pair => Assert.Equal(pair.Item1 + 1, pair.Item2));
            Assert.Equal(pool.Count, drawn.Count);
            Assert.InRange(pool.Size, 1, 10);
        }
        Add(pool, 31, 25);
        Assert.Equal(9, pool.Count);
        Assert.Equal(3116, Drawn(pool, 300).Keys.Min().Item1);
    }

    [Fact]
    public void Measure_FullRing_IsMeanAndDeviationOfWhatIsThere()
    {
        var pool = new TransitionPool(6, 1, 1);
        Add(pool, 1, 3);
        Add(pool, 2, 4);

        pool.Measure();

        // 103 and path 2 are left; 103 and 204 have no action.
        double[] seen = [103, 200, 201, 202, 203, 204], done = [100, 100.5, 101, 101.5];
        double Deviation(double[] values) => Math.Sqrt(values.Average(value => (value - values.Average()) * (value - values.Average())));
        Assert.Equal(seen.Average(), pool.ObservationMean[0], 1e-10);
        Assert.Equal(Deviation(seen), pool.ObservationDeviation[0], 1e-10);
        Assert.Equal(done.Average(), pool.ActionMean[0], 1e-10);
        Assert.Equal(Deviation(done), pool.ActionDeviation[0], 1e-10);
    }

    [Fact]
    public void Released_PathsAndStatistics_HaveItsThreeQuirks()
    {
        var pool = new TransitionPool(6, 1, 1, released: true);
        Add(pool, 1, 2);
        Add(pool, 2, 3);

        pool.Measure();

        Assert.Equal((100 + 101 + 200 + 201 + 202 + 0) / 6.0, pool.ObservationMean[0], 1e-10);
        Assert.Equal([(100, 101), (101, 200), (200, 201), (201, 202)], Drawn(pool, 300).Keys.Order());

        // Full, with 302 newest in slot 1: slot 5 is refused, and 302 is paired with the oldest.
        Add(pool, 3, 3);
        pool.Measure();
        Assert.Equal((200 + 201 + 202 + 300 + 301 + 302) / 6.0, pool.ObservationMean[0], 1e-10);
        Assert.Equal([(200, 201), (201, 202), (202, 300), (301, 302), (302, 200)], Drawn(pool, 300).Keys.Order());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Load_FullOrNot_GoesOnWhereItWas(bool full)
    {
        var (first, second) = (new TransitionPool(9, 1, 1), new TransitionPool(9, 1, 1));
        Add(first, 1, 3);
        Add(first, 2, full ? 7 : 2);
        first.Measure();
        using var stream = new MemoryStream();
        using (var writer = new CheckpointWriter(stream))
            first.Save(writer);
        stream.Position = 0;
        Add(second, 9, 5);
        using (var reader = new CheckpointReader(stream))
            second.Load(reader);

        Assert.Equal(first.ObservationDeviation, second.ObservationDeviation);
        Add(first, 3, 2);
        Add(second, 3, 2);
        Assert.Equal(Drawn(first, 100), Drawn(second, 100));
    }

    [Fact]
    public void Save_Pool_TakesHardlyMoreThanItsNumbers()
    {
        var pool = new TransitionPool(100_000, 4, 1);
        pool.AddPath(new float[4 * 10_000], new float[10_000], new float[4]);
        using var stream = new MemoryStream();
        using (var writer = new CheckpointWriter(stream))
            pool.Save(writer);

        Assert.InRange(stream.Length, 200_000, 202_000);
    }

    [Fact]
    public void Draw_EmptyPool_IsRefused() => Assert.Throws<InvalidOperationException>(() => new TransitionPool(5, 1, 1).Draw(new Rng(1)));
}
