using TorchSharp;
using static TorchSharp.torch;

namespace IntrinsicLab.Tests.Torch;

public sealed class GradientTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    public static TheoryData<string, Func<Tensor, Tensor>> Functions => new()
    {
        { "products", x => (x * x.sin()).sum() },
        { "quotients", x => (x / (x.square() + 1)).sum() },
        { "exp and log", x => (x.exp() + 1).log().sum() },
        { "tanh", x => x.tanh().square().sum() },
        { "sigmoid", x => (x.sigmoid() * x).mean() },
        { "softplus", x => nn.functional.softplus(x).square().sum() },
        { "log_softmax", x => (x.view(2, 3).log_softmax(1) * x.view(2, 3)).sum() },
        { "logsumexp", x => x.view(2, 3).logsumexp(1).square().sum() },
        { "matrix product", x => x.view(2, 3).matmul(x.view(3, 2)).square().sum() },
        { "affine layer", x => torch.addmm(x.view(2, 3).sum(1), x.view(2, 3), x.view(3, 2), 1, 1).tanh().sum() },
        { "variance", x => x.var().square() },
        { "norm", x => x.norm() },
        { "roots", x => (x.square() + 1).sqrt().sum() },
        { "powers", x => x.pow(3).sum() },
        { "gather", x => x.view(2, 3).gather(1, tensor(new long[] { 2, 0 }, [2, 1])).square().sum() },
        { "cat and stack", x => torch.cat([x, x.square()], 0).sum() * torch.stack([x, x.sin()], 0).sum() },
        { "cumsum", x => x.cumsum(0).square().sum() },
        { "convolution", x => nn.functional.conv2d(x.view(1, 1, 2, 3), x.view(1, 1, 2, 3)[TensorIndex.Ellipsis, TensorIndex.Slice(0, 2)]).square().sum() },
    };

    [Theory]
    [MemberData(nameof(Functions), DisableDiscoveryEnumeration = true)]
    public void Gradients_FirstAndSecond_EqualFiniteDifferences(string name, Func<Tensor, Tensor> function)
    {
        Assert.NotEmpty(name);
        Expect.Gradients(function, Expect.Vector(0.3, -0.7, 1.1, -1.6, 0.9, 0.2));
    }

    /// <summary>The derivative of an outer loss through an Adam step: what the meta-gradient algorithms do.</summary>
    [Fact]
    public void Gradient_ThroughAnOptimizerStep_EqualsFiniteDifferences()
    {
        var start = Expect.Vector(0.5, -0.3, 0.8);
        var input = Expect.Matrix(4, 3, 0.1, 0.4, -0.2, 0.7, -0.5, 0.3, 0.2, 0.2, 0.9, -0.6, 0.1, 0.5);

        Expect.Gradients(OuterLoss, Expect.Vector(0.2, -0.4, 0.6, 0.3));

        Tensor OuterLoss(Tensor eta)
        {
            var theta = start.detach().clone().requires_grad_();
            for (var step = 0; step < 2; step++)
            {
                var innerLoss = (input.mv(theta).tanh() - eta).square().mean();
                var gradient = autograd.grad([innerLoss], [theta], create_graph: true, retain_graph: true)[0];
                var first = gradient * 0.1;
                var second = gradient.square() * 0.001;
                theta = theta - 0.05 * (first / 0.1) / ((second / 0.001 + 1e-6).sqrt() + 1e-3);
            }
            return (input.mv(theta).sigmoid() - 0.5).square().sum();
        }
    }

    [Fact]
    public void Gradient_OfSeveralInputs_ComesInTheirOrder()
    {
        var a = Expect.Vector(2).requires_grad_();
        var b = Expect.Vector(3).requires_grad_();

        var gradients = autograd.grad([(a * a * b).sum()], [b, a]);

        Expect.Values(gradients[0], 4);
        Expect.Values(gradients[1], 12);
    }

    [Fact]
    public void Gradient_WithWeights_IsTheVectorProduct()
    {
        var x = Expect.Vector(1, 2).requires_grad_();

        Expect.Values(autograd.grad([x.square()], [x], [Expect.Vector(1, 10)])[0], 2, 40);
    }

    [Fact]
    public void Detach_CutsTheGraph()
    {
        var x = Expect.Vector(3).requires_grad_();

        Expect.Values(autograd.grad([(x * x.detach()).sum()], [x])[0], 3);
        Assert.False(x.detach().requires_grad);
        Assert.True(x.is_leaf);
        Assert.False((x * 2).is_leaf);
    }

    [Fact]
    public void NoGrad_StopsRecordingUntilDisposed()
    {
        var x = Expect.Vector(3).requires_grad_();

        using (no_grad())
        {
            Assert.False(is_grad_enabled());
            Assert.False((x * 2).requires_grad);
            using (set_grad_enabled(true))
                Assert.True((x * 2).requires_grad);
            Assert.False(is_grad_enabled());
        }
        Assert.True((x * 2).requires_grad);
    }

    [Fact]
    public void InPlaceStep_OnFlatParameters_IsSeenByTheViews()
    {
        var flat = zeros(6, ScalarType.Float64);
        var weight = flat.narrow(0, 0, 4).view(2, 2);
        var bias = flat.narrow(0, 4, 2);
        using (no_grad())
            flat.add_(Expect.Vector(1, 2, 3, 4, 5, 6));

        Expect.Values(weight, 1, 2, 3, 4);
        Expect.Values(bias, 5, 6);
    }
}
