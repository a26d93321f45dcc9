using IntrinsicLab.Core;
using IntrinsicLab.Core.Analyses;
using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Tests.Core.Analyses;

public class NetworkRegressionTests
{
    private static readonly NetworkRegression Regression = new(1500);

    [Fact]
    public void Predict_OfACurveInOneInput_ReadsItOnOtherRows()
    {
        var (inputs, targets) = Rows(400, 1, row => 1000 + 50 * Math.Abs(row[0]));
        var (others, actual) = Rows(200, 2, row => 1000 + 50 * Math.Abs(row[0]));

        Assert.InRange(Determination.Coefficient(actual, Regression.Predict(inputs, targets, others, scale: true, new Rng(3))), 0.97, 1);
    }

    [Fact]
    public void Predict_FromInputsThatSayNothing_IsNoBetterThanTheMean()
    {
        var chance = new Rng(5);
        var (inputs, targets) = Rows(400, 1, _ => chance.NextGaussian());
        var (others, actual) = Rows(200, 2, _ => chance.NextGaussian());

        Assert.InRange(Determination.Coefficient(actual, Regression.Predict(inputs, targets, others, scale: true, new Rng(3))), -1, 0.05);
    }

    [Fact]
    public void Predict_FromOneHotRows_LearnsATable()
    {
        double[][] rows = [.. Enumerable.Range(0, 5).Select(hot => Enumerable.Range(0, 5).Select(column => column == hot ? 1.0 : 0).ToArray())];
        double[] table = [3, -1, 4, 1, -5];

        var expected = Regression.Predict(rows, table, rows, scale: false, new Rng(3));

        Assert.All(table.Zip(expected), pair => Assert.Equal(pair.First, pair.Second, 0.05));
    }

    private static (double[][] Rows, double[] Targets) Rows(int count, ulong seed, Func<double[], double> target)
    {
        var rng = new Rng(seed);
        double[][] rows = [.. Enumerable.Range(0, count).Select(_ => new[] { rng.NextGaussian(), rng.NextGaussian() })];
        return (rows, [.. rows.Select(target)]);
    }
}
