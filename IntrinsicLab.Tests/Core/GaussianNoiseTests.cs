using IntrinsicLab.Core;

namespace IntrinsicLab.Tests.Core;

public class GaussianNoiseTests
{
    [Fact]
    public void Fill_ManyNumbers_AreStandardNormalAndIndependent()
    {
        var values = new float[1_000_000];
        new GaussianNoise(new Rng(3)).Fill(values);

        double Mean(Func<double, double> of) => values.Average(value => of(value));
        // Five standard errors of a million draws.
        Assert.Equal(0, Mean(x => x), 5e-3);
        Assert.Equal(1, Mean(x => x * x), 7.1e-3);
        Assert.Equal(0, Mean(x => x * x * x), 2e-2);
        Assert.Equal(3, Mean(x => x * x * x * x), 5e-2);
        Assert.Equal(0.0455, Mean(x => Math.Abs(x) > 2 ? 1 : 0), 1.1e-3);
        Assert.Equal(0.0027, Mean(x => Math.Abs(x) > 3 ? 1 : 0), 2.6e-4);
        // Neighbours, the two halves of a pair, and the same lane one round later; squares too, since pairs share their radius.
        foreach (var lag in new[] { 1, 8, 16 })
        {
            var pairs = Enumerable.Range(0, values.Length - lag).Select(i => ((double)values[i], (double)values[i + lag])).ToList();
            Assert.Equal(0, pairs.Average(pair => pair.Item1 * pair.Item2), 5e-3);
            Assert.Equal(1, pairs.Average(pair => pair.Item1 * pair.Item1 * pair.Item2 * pair.Item2), 1.6e-2);
        }
    }

    [Fact]
    public void Load_HalfWay_GoesOnWhereItWas()
    {
        var first = new GaussianNoise(new Rng(5));
        first.Fill(new float[37]);
        using var stream = new MemoryStream();
        first.Save(new BinaryWriter(stream));
        stream.Position = 0;
        var second = new GaussianNoise(new Rng(6));
        second.Load(new BinaryReader(stream));
        var (a, b) = (new float[21], new float[21]);

        first.Fill(a);
        second.Fill(b);

        Assert.Equal(a, b);
        Assert.Equal(21, a.Distinct().Count());
    }
}
