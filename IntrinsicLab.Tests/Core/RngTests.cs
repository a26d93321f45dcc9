using IntrinsicLab.Core;

namespace IntrinsicLab.Tests.Core;

public class RngTests
{
    // xoshiro256** of Blackman and Vigna, worked out with unbounded integers; the first four states are their own SplitMix64 sequence.
    [Fact]
    public void NextUInt64_FromStateOneToFour_GivesPublishedSequence()
    {
        var rng = FromState(1, 2, 3, 4);

        ulong[] expected =
        [
            11520, 0, 1509978240, 1215971899390074240, 1216172134540287360, 607988272756665600, 16172922978634559625, 8476171486693032832,
            10595114339597558777, 2904607092377533576,
        ];
        Assert.Equal(expected, expected.Select(_ => rng.NextUInt64()));
    }

    [Theory]
    [InlineData(0UL, 0x99ec5f36cb75f2b4UL, 0xbf6e1f784956452aUL, 0x1a5f849d4933e6e0UL, 0x6aa594f1262d2d2cUL)]
    [InlineData(1UL, 0xb3f2af6d0fc710c5UL, 0x853b559647364ceaUL, 0x92f89756082a4514UL, 0x642e1c7bc266a3a7UL)]
    [InlineData(1234567UL, 0x30a3a1c363600467UL, 0x19405f0f579929caUL, 0x115beaac046ddbd9UL, 0xeb17caf48f27d7f6UL)]
    [InlineData(ulong.MaxValue, 0x8f5520d52a7ead08UL, 0xc476a018caa1802dUL, 0x81de31c0d260469eUL, 0xbf658d7e065f3c2fUL)]
    public void NextUInt64_FromSeed_GivesKnownSequence(ulong seed, params ulong[] expected)
    {
        var rng = new Rng(seed);

        Assert.Equal(expected, expected.Select(_ => rng.NextUInt64()));
    }

    [Fact]
    public void NextDouble_ManyDraws_AreUniform()
    {
        var rng = new Rng(1);
        var counts = new int[20];
        for (var draw = 0; draw < 200_000; draw++)
            counts[(int)(20 * rng.NextDouble())]++;

        // χ² with 19 degrees of freedom exceeds 43.8 once in a thousand.
        Assert.InRange(counts.Sum(count => Math.Pow(count - 10_000, 2) / 10_000), 0, 43.8);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(10)]
    public void NextInt_ManyDraws_AreUniformOverTheRange(int count)
    {
        var rng = new Rng(2);
        var counts = new int[count];
        for (var draw = 0; draw < 100_000; draw++)
            counts[rng.NextInt(count)]++;

        Assert.All(counts, seen => Assert.InRange(seen, 0.97 * 100_000 / count, 1.03 * 100_000 / count));
    }

    [Fact]
    public void NextInt_NoRange_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => new Rng(0).NextInt(0));

    [Fact]
    public void NextInt_LargestRange_StaysInside()
    {
        var rng = new Rng(3);

        Assert.All(Enumerable.Range(0, 1000).Select(_ => rng.NextInt(int.MaxValue)), value => Assert.InRange(value, 0, int.MaxValue - 1));
    }

    [Fact]
    public void NextGaussian_ManyDraws_HaveNormalMoments()
    {
        var rng = new Rng(4);
        var draws = Enumerable.Range(0, 200_000).Select(_ => rng.NextGaussian()).ToArray();

        Assert.Equal(0, draws.Average(), 0.01);
        Assert.Equal(1, draws.Average(draw => draw * draw), 0.02);
        Assert.Equal(0, draws.Average(draw => Math.Pow(draw, 3)), 0.05);
        Assert.Equal(3, draws.Average(draw => Math.Pow(draw, 4)), 0.1);
    }

    [Fact]
    public void Split_AfterDraws_DependsOnSeedAndNameAlone()
    {
        var (fresh, used) = (new Rng(5), new Rng(5));
        for (var draw = 0; draw < 100; draw++)
            used.NextUInt64();

        Assert.Equal(fresh.Split("actions").NextUInt64(), used.Split("actions").NextUInt64());
    }

    [Fact]
    public void Split_NamesIndicesAndSeeds_GiveDifferentStreams()
    {
        var streams = new List<Rng> { new(6), new(7), new Rng(6).Split("a"), new Rng(6).Split("b"), new Rng(7).Split("a"), new Rng(6).Split("a").Split("a") };
        streams.AddRange(Enumerable.Range(0, 100).Select(index => new Rng(6).Split("environment", index)));

        Assert.Distinct(streams.SelectMany(stream => Enumerable.Range(0, 100).Select(_ => stream.NextUInt64())));
    }

    [Fact]
    public void Split_TwoStreams_AreUncorrelated()
    {
        var (one, other) = (new Rng(8).Split("environment", 0), new Rng(8).Split("environment", 1));
        var products = Enumerable.Range(0, 100_000).Select(_ => (one.NextDouble() - 0.5) * (other.NextDouble() - 0.5));

        // The deviation of the mean is 1/12/√100000 = 2.6e-4.
        Assert.Equal(0, products.Average(), 0.0011);
    }

    [Fact]
    public void Load_OfSavedState_ContinuesTheSequence()
    {
        var rng = new Rng(9);
        rng.NextGaussian();
        using var stream = new MemoryStream();
        rng.Save(new BinaryWriter(stream));
        stream.Position = 0;
        var loaded = Rng.Load(new BinaryReader(stream));

        Assert.Equal(rng.NextGaussian(), loaded.NextGaussian());
        Assert.Equal(rng.NextUInt64(), loaded.NextUInt64());
        Assert.Equal(rng.Split("x").NextUInt64(), loaded.Split("x").NextUInt64());
    }

    [Fact]
    public void Shuffle_OfItems_KeepsThemAndReachesEveryOrder()
    {
        var rng = new Rng(10);
        var orders = new HashSet<string>();
        for (var draw = 0; draw < 300; draw++)
        {
            int[] items = [1, 2, 3];
            rng.Shuffle<int>(items);
            Assert.Equal([1, 2, 3], items.Order());
            orders.Add(string.Join(",", items));
        }

        Assert.Equal(6, orders.Count);
    }

    private static Rng FromState(params ulong[] state)
    {
        using var stream = new MemoryStream();
        var writer = new BinaryWriter(stream);
        writer.Write(0UL);
        foreach (var word in state)
            writer.Write(word);
        writer.Write(false);
        writer.Write(0.0);
        stream.Position = 0;
        return Rng.Load(new BinaryReader(stream));
    }
}
