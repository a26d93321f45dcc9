using IntrinsicLab.Core;
using IntrinsicLab.Core.Optimizers;
using IntrinsicLab.Tests.Support;
using static TorchSharp.torch;

namespace IntrinsicLab.Tests.Core.Optimizers;

public class OptimizerTests
{
    private static readonly double[] Gradient = [0.3, -0.004];

    public static TheoryData<string> All => ["adam", "adam pytorch", "rmsprop", "rmsprop pytorch", "sgd"];

    private static IOptimizer Make(string name) => name switch
    {
        "adam" => new Adam(),
        "adam pytorch" => new Adam(style: EpsilonStyle.Pytorch),
        "rmsprop" => new RmsProp(),
        "rmsprop pytorch" => new RmsProp(style: EpsilonStyle.Pytorch),
        _ => new Sgd(),
    };

    [Theory]
    [InlineData("adam", 3e-4, new[] { -2.996841052163e-04, 2.780205459610e-04 }, new[] { -5.994606091217e-04, 5.621341410637e-04 })]
    [InlineData("adam pytorch", 3e-4, new[] { -2.999900003333e-04, 2.992518703242e-04 }, null)]
    [InlineData("rmsprop", 7e-4, new[] { -2.109610066484e-04, 2.814091442778e-06 }, new[] { -4.228875934237e-04, 5.642359383232e-06 })]
    [InlineData("rmsprop pytorch", 7e-4, new[] { -6.997667444185e-03, 6.829268292683e-03 }, null)]
    [InlineData("sgd", 0.1, new[] { -0.03, 0.0004 }, new[] { -0.06, 0.0008 })]
    public void Step_ConstantGradient_EqualsValuesByHand(string name, double rate, double[] first, double[]? second)
    {
        var optimizer = Make(name);
        var start = zeros(2, ScalarType.Float64);

        var (one, state) = optimizer.Step(start, tensor(Gradient), optimizer.Initial(start), rate);
        var (two, _) = optimizer.Step(one, tensor(Gradient), state, rate);

        Numbers.Close(first, one.Doubles(), 1e-14);
        if (second is not null)
            Numbers.Close(second, two.Doubles(), 1e-14);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void StepInPlace_ManySteps_EqualsStepBitForBit(string name)
    {
        var optimizer = Make(name);
        var rng = new Rng(5);
        // 1003 is no multiple of any vector's width.
        var pure = tensor(Numbers.RandomFloats(rng, 1003));
        var fast = pure.clone();
        var (pureState, fastState) = (optimizer.Initial(pure), optimizer.Initial(fast));

        for (var step = 0; step < 20; step++)
        {
            var gradient = tensor(Numbers.RandomFloats(rng, 1003, Math.Pow(10, rng.NextInt(8) - 6)));
            (pure, pureState) = optimizer.Step(pure, gradient, pureState, 1e-3);
            optimizer.StepInPlace(fast, gradient, fastState, 1e-3);
        }

        Assert.Equal(pure.Floats(), fast.Floats());
        Assert.Equal(pureState.Steps, fastState.Steps);
        foreach (var (left, right) in pureState.Slots.Zip(fastState.Slots))
            Assert.Equal(left.Floats(), right.Floats());
    }

    [Theory]
    [MemberData(nameof(All))]
    public void StepInPlace_DoublePrecision_EqualsStep(string name)
    {
        var optimizer = Make(name);
        var start = tensor(new[] { 1.0, -2.0 });
        var inPlace = start.clone();

        var (pure, _) = optimizer.Step(start, tensor(Gradient), optimizer.Initial(start), 0.1);
        optimizer.StepInPlace(inPlace, tensor(Gradient), optimizer.Initial(inPlace), 0.1);

        Assert.Equal(pure.Doubles(), inPlace.Doubles());
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Step_GradientThroughTheUpdate_EqualsFiniteDifferences(string name)
    {
        var optimizer = Make(name);
        var start = tensor(new[] { 1.0, -2.0 });

        Numbers.CheckGradients(g => optimizer.Step(start, g, optimizer.Initial(start), 0.1).Parameters.square().sum(), [0.3, -0.4], 1e-5);
    }

    [Fact]
    public void Clip_LongGradient_HasTheMaximumNorm()
    {
        var gradient = tensor(new[] { 3.0, 4.0 });

        Numbers.Close([0.3, 0.4], GlobalNorm.Clip(gradient, 0.5).Doubles(), 1e-15);
        Numbers.Close([3, 4], GlobalNorm.Clip(gradient, 10).Doubles(), 0);
        Numbers.Close([3, 4], GlobalNorm.Clip(gradient, 0).Doubles(), 0);
    }

    [Theory]
    [InlineData(0.5, new[] { 0.3f, 0.4f })]
    [InlineData(10, new[] { 3f, 4f })]
    [InlineData(0, new[] { 3f, 4f })]
    public void ClipInPlace_AnyMaximum_EqualsClip(double maximum, float[] expected)
    {
        var gradient = tensor(new[] { 3f, 4f });

        Assert.Equal(5, GlobalNorm.ClipInPlace(gradient, maximum), 6);
        Numbers.Close(expected, gradient.Floats(), 1e-7);
    }
}
