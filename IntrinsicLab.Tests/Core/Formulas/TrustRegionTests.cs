using IntrinsicLab.Core;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Formulas;

public class TrustRegionTests
{
    private static readonly double[] Matrix = [4, 1, 0, 1, 3, 1, 0, 1, 2];

    private static LinearMap<double> Map(double[] matrix, int size) => (vector, product) =>
    {
        for (var i = 0; i < size; i++)
        {
            product[i] = 0;
            for (var j = 0; j < size; j++)
                product[i] += matrix[i * size + j] * vector[j];
        }
    };

    [Theory]
    [InlineData(1, 0.28, 0.56, 0.84, 1.68)]
    [InlineData(2, 0.049230769231, 0.329230769231, 1.301538461538, 0.343668639053)]
    [InlineData(3, 0.222222222222, 0.111111111111, 1.444444444444, 0)]
    public void ConjugateGradient_ThreeEquations_TakesTheStepsByHand(int iterations, double first, double second, double third, double residual)
    {
        var solution = new double[3];

        var (done, left) = ConjugateGradient.Solve(Map(Matrix, 3), [1.0, 2, 3], solution, iterations);

        Assert.Equal(iterations, done);
        Numbers.Close([first, second, third], solution, 1e-11);
        Assert.Equal(residual, left, 1e-11);
    }

    [Fact]
    public void ConjugateGradient_ManyEquations_EqualsTheDirectSolution()
    {
        const int Size = 30;
        var rng = new Rng(2);
        var (regression, row) = (new RidgeRegression(Size), new double[Size]);
        var (matrix, right, direct, solution) = (new double[Size * Size], new double[Size], new double[Size], new double[Size]);
        for (var sample = 0; sample < 60; sample++)
        {
            Numbers.Random(rng, Size).CopyTo(row, 0);
            var target = rng.NextGaussian();
            regression.Add(row, target);
            for (var i = 0; i < Size; i++)
            {
                right[i] += row[i] * target;
                for (var j = 0; j < Size; j++)
                    matrix[i * Size + j] += row[i] * row[j];
            }
        }
        for (var i = 0; i < Size; i++)
            matrix[i * Size + i] += 0.5;
        regression.Solve(0.5, direct);

        var (iterations, residual) = ConjugateGradient.Solve(Map(matrix, Size), right, solution, 1000, 1e-20);

        Assert.InRange(iterations, 1, 2 * Size);
        Assert.True(residual < 1e-20);
        Numbers.Close(direct, solution, 1e-10);
    }

    [Fact]
    public void ConjugateGradient_RightSideZero_IsZeroWithoutAProduct()
    {
        double[] solution = [1, 2];

        var (iterations, residual) = ConjugateGradient.Solve((_, _) => Assert.Fail("There is nothing to solve."), [0.0, 0], solution, 10);

        Assert.Equal((0, 0), (iterations, residual));
        Assert.Equal([0, 0], solution);
    }

    [Fact]
    public void Step_OfAOneDimensionalGaussian_EqualsValuesByHand()
    {
        // Three samples, mean and log-standard-deviation 0; every number from a reference implementation in double precision.
        double[] actions = [-1, 0, 1], advantages = [-1, 0, 1], theta = [0, 0];
        PolicyGradients.Normalise<double>(advantages);
        Numbers.Close([-1.224744856392, 0, 1.224744856392], advantages, 1e-12);
        var (gradient, row, x, product) = (new double[2], new double[1], new double[2], new double[2]);
        for (var i = 0; i < 3; i++)
        {
            DiagonalGaussian.Gradient<double>([0], [0], [actions[i]], advantages[i] / 3, 0, row, gradient.AsSpan(1));
            gradient[0] += row[0];
        }
        Numbers.Close([-0.8164965709277262, 0], gradient, 1e-12);

        void Curvature(ReadOnlySpan<double> vector, Span<double> result)
        {
            DiagonalGaussian.FisherProduct<double>([0], vector[..1], result[..1]);
            (result[0], result[1]) = (result[0] + 1e-5 * vector[0], (2 + 1e-5) * vector[1]);
        }
        ConjugateGradient.Solve<double>(Curvature, gradient, x, 10);
        Numbers.Close([-0.816488406044, 0], x, 1e-12);
        Curvature(x, product);
        var length = TrustRegion.StepLength(0.01, ConjugateGradient.Dot<double>(x, product));
        Assert.Equal(0.1732059476, length, 1e-10);

        (double, double) Evaluate()
        {
            var loss = 0.0;
            for (var i = 0; i < 3; i++)
            {
                var old = DiagonalGaussian.Evaluate<double>([0], [0], [actions[i]]).NegativeLogProbability;
                var now = DiagonalGaussian.Evaluate<double>(theta.AsSpan(0, 1), theta.AsSpan(1), [actions[i]]).NegativeLogProbability;
                loss -= Math.Exp(old - now) * advantages[i] / 3;
            }
            return (loss, DiagonalGaussian.Divergence<double>([0], [0], theta.AsSpan(0, 1), theta.AsSpan(1)));
        }
        var search = TrustRegion.Search<double>(theta, x, length, 0, 0.01, 0.8, 15, Evaluate);

        Assert.True(search.Accepted);
        Assert.Equal(0, search.Backtracks);
        Numbers.Close([0.14142064807516608, 0], theta, 1e-12);
        // The reference adds rllab's 10⁻⁸ to the denominator 2σ².
        Assert.Equal(0.009999899801, search.Divergence * 2 / (2 + 1e-8), 1e-12);
        Assert.Equal(-0.114701991105, search.Loss, 1e-12);
    }

    [Fact]
    public void StepLength_CurvatureNoNumber_IsOneAsInRllab()
    {
        Assert.Equal(1, TrustRegion.StepLength(0.01, double.NaN));
        Assert.Equal(1, TrustRegion.StepLength(0.01, -1));
    }

    [Fact]
    public void Search_LossAndDivergenceInTheWay_TakesTheFirstStepThatKeepsBoth()
    {
        // Loss (θ − 1)² − 1 from θ = 0 along −1: lower within (0, 2); divergence θ², at most 0.5. Full step 4, then 2, 1, 0.5.
        double[] theta = [0];
        var tries = new List<LineSearchTry>();

        var search = TrustRegion.Search<double>(
            theta, [-1.0], 4, 0, 0.5, 0.5, 10, () => ((theta[0] - 1) * (theta[0] - 1) - 1, theta[0] * theta[0]), tries);

        Assert.Equal(new LineSearch(true, 3, -0.75, 0.25), search);
        Assert.Equal([0.5], theta);
        Assert.Equal([1, 0.5, 0.25, 0.125], tries.Select(each => each.Share));
        Assert.Equal([16, 4, 1, 0.25], tries.Select(each => each.Divergence));
    }

    [Theory]
    [InlineData(1.0, 0.0)]
    [InlineData(double.NaN, 0.0)]
    [InlineData(-1.0, double.NaN)]
    [InlineData(-1.0, 1.0)]
    public void Search_NoStepGoodEnough_LeavesTheParametersBitForBit(double loss, double divergence)
    {
        double[] theta = [0.1, -0.0, 1e-310];
        var old = (double[])theta.Clone();

        var search = TrustRegion.Search<double>(theta, [1.0, 2, 3], 0.3, 0.5, 0.5, 0.8, 15, () => (loss, divergence));

        Assert.Equal(new LineSearch(false, 15, 0.5, 0), search);
        Assert.Equal(old.Select(BitConverter.DoubleToInt64Bits), theta.Select(BitConverter.DoubleToInt64Bits));
    }
}
