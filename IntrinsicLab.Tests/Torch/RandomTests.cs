using TorchSharp;
using static TorchSharp.torch;

namespace IntrinsicLab.Tests.Torch;

public sealed class RandomTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void EqualSeeds_DrawEqualNumbers()
    {
        using var first = new Generator(7);
        using var second = new Generator(7);
        using var other = new Generator(8);

        var expected = Draw(first);

        Assert.Equal(expected, Draw(second));
        Assert.NotEqual(expected, Draw(other));
        Assert.Equal(expected, Draw(other.manual_seed(7)));
    }

    [Fact]
    public void RestoredState_ContinuesTheSequence()
    {
        using var generator = new Generator(3);
        Draw(generator);
        using var state = generator.get_state();
        var saved = state.data<byte>().ToArray();
        var expected = Draw(generator);

        using var resumed = new Generator();
        resumed.set_state(tensor(saved));

        Assert.Equal(expected, Draw(resumed));
    }

    [Fact]
    public void OwnGenerators_DoNotDisturbTheDefaultOne()
    {
        using var own = new Generator(1);
        using var first = Generator.Default.get_state();
        Draw(own);
        using var second = Generator.Default.get_state();

        Assert.Equal(first.data<byte>().ToArray(), second.data<byte>().ToArray());
    }

    [Fact]
    public void Distributions_HaveTheirMoments()
    {
        using var generator = new Generator(5);

        Assert.Equal(0, randn([20000], generator: generator).mean().item<float>(), 0.03);
        Assert.Equal(0.5, rand([20000], generator: generator).mean().item<float>(), 0.01);
        Assert.Equal(2, empty(20000).normal_(2, 0.5, generator).mean().item<float>(), 0.03);
        Assert.Equal(0.25, empty(20000).uniform_(0, 0.5, generator).mean().item<float>(), 0.01);
        Assert.Equal(0.3, full([20000], 0.3).bernoulli(generator).mean().item<float>(), 0.02);
        Expect.Values(randperm(5, generator: generator).sum(), 10);
        Assert.True(randint(2, 5, [1000], generator: generator).min().item<long>() == 2);
        var chosen = tensor(new float[] { 0, 1, 3 }).multinomial(8000, replacement: true, generator: generator);
        Assert.Equal(0.75, (chosen == 2).to(ScalarType.Float32).mean().item<float>(), 0.03);
    }

    private static float[] Draw(Generator generator)
    {
        using var scope = NewDisposeScope();
        return [.. randn([5], generator: generator).data<float>().ToArray(), .. rand([5], generator: generator).data<float>().ToArray(),
            .. randperm(5, ScalarType.Float32, generator: generator).data<float>().ToArray()];
    }
}
