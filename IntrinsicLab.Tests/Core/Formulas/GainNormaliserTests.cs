using IntrinsicLab.Core.Formulas;

namespace IntrinsicLab.Tests.Core.Formulas;

public class GainNormaliserTests
{
    private static double Divisor(GainNormaliser normaliser, params double[] gains)
    {
        var normalised = new double[gains.Length];
        normaliser.Normalise(gains, normalised);
        Assert.Equal(gains.Select(gain => gain / normaliser.Divisor), normalised);
        return normaliser.Divisor;
    }

    [Fact]
    public void Medians_IterationByIteration_AreAveragedOverTheLastTwo()
    {
        var normaliser = new GainNormaliser(length: 2);

        Assert.Equal(2, Divisor(normaliser, 9, 1, 2));
        Assert.Equal((2 + 5) / 2.0, Divisor(normaliser, 4, 6, 5, 5));
        Assert.Equal((5 + 3.5) / 2, Divisor(normaliser, 3, 100, 4, 0));
    }

    [Fact]
    public void Medians_WithoutTheCurrent_LagBehind()
    {
        var normaliser = new GainNormaliser(includeCurrent: false);

        Assert.Equal(2, Divisor(normaliser, 2));
        Assert.Equal(2, Divisor(normaliser, 6));
        Assert.Equal(4, Divisor(normaliser, 1));
    }

    [Fact]
    public void OtherKinds_HaveTheirOwnAverages()
    {
        var exponential = new GainNormaliser(GainNormalisation.ExponentialMean);
        var running = new GainNormaliser(GainNormalisation.RunningMean);

        Assert.Equal(10 + (2 - 10) * 0.01, Divisor(exponential, 1, 3), 1e-15);
        Assert.Equal(2, Divisor(running, 1, 3));
        Assert.Equal(4, Divisor(running, 6, 6));
        Assert.Equal(4, Divisor(running, 4, 4));
        Assert.Equal(1, Divisor(new GainNormaliser(GainNormalisation.None), 7));
    }

    [Fact]
    public void Normalise_CollapsedOrNoGains_DividesByTheFloorAndNeverByZero()
    {
        var normaliser = new GainNormaliser();

        Assert.Equal(1e-12, Divisor(normaliser, 0, 0, 0, 1));
        normaliser.Normalise([], []);
        Assert.Equal(1e-12, normaliser.Divisor);
        Assert.Equal(0.5, Divisor(normaliser, 1), 1e-12);
    }

    [Fact]
    public void Load_AfterSome_GoesOnWhereItWas()
    {
        var (first, second) = (new GainNormaliser(length: 2), new GainNormaliser(length: 2));
        foreach (var gain in new[] { 1.0, 4, 6 })
            Divisor(first, gain);
        using var stream = new MemoryStream();
        first.Save(new BinaryWriter(stream));
        stream.Position = 0;
        second.Load(new BinaryReader(stream));

        Assert.Equal(first.Divisor, second.Divisor);
        Assert.Equal(Divisor(first, 9), Divisor(second, 9));
    }

    [Fact]
    public void Weight_Discounted_FallsByIteration() => Assert.Equal(0.25e-3, GainNormaliser.Weight(1e-3, 0.5, 2), 1e-18);
}
