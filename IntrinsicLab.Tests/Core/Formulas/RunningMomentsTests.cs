using IntrinsicLab.Core.Formulas;

namespace IntrinsicLab.Tests.Core.Formulas;

public class RunningMomentsTests
{
    [Fact]
    public void Update_InBatches_EqualsAllAtOnce()
    {
        double[] values = [1, -2, 3.5, 0.25, 7, 100, -3, 8, 2, 2, 5, -1];
        var (once, parts) = (new RunningMoments(2), new RunningMoments(2));
        once.Update<double>(values);
        parts.Update<double>(values.AsSpan(0, 2));
        parts.Update<double>(values.AsSpan(2, 6));
        parts.Update<double>([]);
        parts.Update<double>(values.AsSpan(8, 4));

        for (var component = 0; component < 2; component++)
        {
            Assert.Equal(once.Mean[component], parts.Mean[component], 1e-12);
            Assert.Equal(once.Variance[component], parts.Variance[component], 1e-9);
        }
        Assert.Equal(6.0001, parts.Count, 1e-12);
    }

    [Fact]
    public void Update_WithNegligibleStart_GivesPopulationMoments()
    {
        var moments = new RunningMoments(1, initialCount: 1e-12);
        moments.Update<float>([1, 2, 3, 6]);

        Assert.Equal(3.0, moments.Mean[0], 1e-9);
        Assert.Equal(3.5, moments.Variance[0], 1e-9);
    }

    [Fact]
    public void Update_NearlyEqualLargeValues_KeepsTheirVariance()
    {
        var moments = new RunningMoments(1, initialCount: 1e-30);
        for (var step = 0; step < 1000; step++)
            moments.Update<double>([1e9 + (step % 2)]);

        Assert.Equal(0.25, moments.Variance[0], 1e-3);
    }

    [Fact]
    public void Update_BrokenVector_IsRefused() => Assert.Throws<ArgumentException>(() => new RunningMoments(2).Update<double>([1.0, 2.0, 3.0]));

    [Fact]
    public void Load_OfSavedState_IsEqual()
    {
        var (saved, loaded) = (new RunningMoments(2), new RunningMoments(2));
        saved.Update<double>([0.1, 0.2, 0.3, 0.7]);
        using var stream = new MemoryStream();
        saved.Save(new BinaryWriter(stream));
        stream.Position = 0;
        loaded.Load(new BinaryReader(stream));

        Assert.Equal(saved.Count, loaded.Count);
        Assert.Equal(saved.Mean.ToArray(), loaded.Mean.ToArray());
        Assert.Equal(saved.Variance.ToArray(), loaded.Variance.ToArray());
    }
}
