using IntrinsicLab.Core;
using IntrinsicLab.Core.Search;

namespace IntrinsicLab.Tests.Core.Search;

public sealed class ParameterImportanceTests
{
    private static readonly Dimension[] Dimensions =
        [Dimension.Range("matters", 0, 1), Dimension.Range("little", 0, 1), Dimension.Range("nothing", 0, 1)];

    [Fact]
    public void Of_EffectsOfKnownSize_FindsTheirShares()
    {
        // Var 9/12 + 1/12 + 0 over all three, none of it noise: shares 0.9, 0.1 and 0; five bins see 24/25 of a straight line.
        var rng = new Rng(3);
        var trials = Enumerable.Range(0, 2000).Select(_ => (double[])[rng.NextDouble(), rng.NextDouble(), rng.NextDouble()])
            .Select(point => ((IReadOnlyList<double>)point, 3 * point[0] + point[1])).ToList();

        var found = ParameterImportance.Of(Dimensions, trials);

        Assert.Equal(0.9 * 0.96, found[0].Share!.Value, 0.02);
        Assert.Equal(0.1 * 0.96, found[1].Share!.Value, 0.02);
        Assert.True(found[2].Share <= found[2].Chance);
        Assert.True(found[1].Share > found[1].Chance);
        Assert.Equal(found, ParameterImportance.Of(Dimensions, trials));
    }

    [Fact]
    public void Of_NoiseAlone_ExceedsChanceAboutOnceInTwenty()
    {
        var exceeded = 0;
        for (var seed = 0; seed < 100; seed++)
        {
            var rng = new Rng((ulong)seed);
            var trials = Enumerable.Range(0, 20).Select(_ => ((IReadOnlyList<double>)[rng.NextDouble(), rng.NextDouble(), rng.NextDouble()], rng.NextGaussian())).ToList();
            exceeded += ParameterImportance.Of(Dimensions, trials).Count(each => each.Share > each.Chance);
        }
        Assert.InRange(exceeded, 3, 27); // 15 of 300 expected; outside with a chance of 1 in 1000
    }

    [Fact]
    public void Of_TooFewTrialsOrEqualResults_SaysNothing()
    {
        Assert.All(ParameterImportance.Of(Dimensions, [([0.1, 0.2, 0.3], 1.0)]), each => Assert.Null(each.Share));
        var equal = Enumerable.Range(0, 20).Select(index => ((IReadOnlyList<double>)[index / 20.0, 0.5, double.NaN], 1.0)).ToList();
        Assert.All(ParameterImportance.Of(Dimensions, equal), each => Assert.Null(each.Share));
        Assert.Equal(0, ParameterImportance.Of(Dimensions, equal)[2].Trials);
    }
}
