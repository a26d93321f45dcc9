using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Algorithms;

public class BaselineTests
{
    [Fact]
    public void LinearFeatures_OfAStep_EqualValuesByHand()
    {
        var features = new double[8];

        LinearFeatureBaseline.Features([0.5f, -12], 7, features);

        Numbers.Close([0.5, -10, 0.25, 100, 0.07, 0.0049, 0.000343, 1], features, 1e-15);
    }

    [Fact]
    public void RidgeRegression_TwoWeights_EqualsValuesByHand()
    {
        // FᵀF = [[2, 1], [1, 2]], Fᵀy = [4, 5]; with ridge 1: [[3, 1], [1, 3]]·w = [4, 5].
        var (regression, weights) = (new RidgeRegression(2), new double[2]);
        regression.Add([1, 0], 1);
        regression.Add([0, 1], 2);
        regression.Add([1, 1], 3);

        regression.Solve(1, weights);

        Numbers.Close([7.0 / 8, 11.0 / 8], weights, 1e-14);
    }

    [Fact]
    public void RidgeRegression_ColumnsThatAreEqual_RaisesTheRidgeUntilItCanSolve()
    {
        var (regression, weights) = (new RidgeRegression(2), new double[2]);
        regression.Add([1, 1], 2);
        regression.Add([2, 2], 4);

        regression.Solve(1e-18, weights);

        Assert.Equal(2, weights[0] + weights[1], 6);
    }

    [Theory]
    [InlineData(BaselineKind.Linear, 0.999)]
    [InlineData(BaselineKind.Network, 0.9)]
    public void Fit_ReturnsThatFollowTheState_ArePredictedAndSurviveACheckpoint(BaselineKind kind, double explained)
    {
        const int Rows = 2000;
        IBaseline Make() => kind == BaselineKind.Linear
            ? new LinearFeatureBaseline(2)
            : new NetworkBaseline(2, new NetworkBaselineSettings { Epochs = 20, LearningRate = 1e-2 }, new Rng(4));
        using var baseline = Make();
        using var other = Make();
        var rng = new Rng(3);
        var (seen, times) = (Numbers.RandomFloats(rng, 2 * Rows), new int[Rows]);
        double[] targets = [.. Enumerable.Range(0, Rows).Select(row => 300 + 40 * seen[2 * row] - 20 * seen[2 * row + 1] * seen[2 * row + 1])];
        var values = new double[Rows];

        baseline.Predict(seen, times, values);
        Assert.All(values, value => Assert.Equal(0, value));
        baseline.Fit(seen, times, targets);
        baseline.Predict(seen, times, values);
        Assert.InRange(Returns.ExplainedVariance<double>(values, targets), explained, 1);

        using var stream = new MemoryStream();
        using (var writer = new CheckpointWriter(stream))
            baseline.Save(writer);
        stream.Position = 0;
        using (var reader = new CheckpointReader(stream))
            other.Load(reader);
        var again = new double[Rows];
        baseline.Fit(seen, times, targets);
        other.Fit(seen, times, targets);
        baseline.Predict(seen, times, values);
        other.Predict(seen, times, again);
        Assert.Equal(values, again);
    }

    [Fact]
    public void Fit_TargetsNotFinite_PredictsNoNumbers()
    {
        using var baseline = new LinearFeatureBaseline(1);
        var values = new double[2];

        baseline.Fit([1, 2], [0, 1], [1, double.PositiveInfinity]);
        baseline.Predict([1, 2], [0, 1], values);

        Assert.All(values, value => Assert.False(double.IsFinite(value)));
    }
}
