using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace IntrinsicLab.Tests.Torch;

public sealed class OperatorTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Arithmetic_OfTensorsAndNumbers()
    {
        var a = Expect.Vector(1, 2, 3);
        var b = Expect.Vector(4, 5, 6);

        Expect.Values(a + b, 5, 7, 9);
        Expect.Values(a - b, -3, -3, -3);
        Expect.Values(a * b, 4, 10, 18);
        Expect.Values(b / a, 4, 2.5, 2);
        Expect.Values(a + 1.5, 2.5, 3.5, 4.5);
        Expect.Values(10 - a, 9, 8, 7);
        Expect.Values(2 * a, 2, 4, 6);
        Expect.Values(6 / a, 6, 3, 2);
        Expect.Values(-a, -1, -2, -3);
        Expect.Values(b % 4, 0, 1, 2);
        Expect.Values(a.add(b, alpha: 0.5), 3, 4.5, 6);
        Expect.Values(a.pow(2), 1, 4, 9);
        Expect.Values(b.fmod(4), 0, 1, 2);
        Expect.Values(Expect.Vector(-7, 7).div(2, RoundingMode.floor), -4, 3);
        Expect.Values(Expect.Vector(-7, 7).div(2, RoundingMode.trunc), -3, 3);
    }

    [Fact]
    public void Functions_ElementByElement()
    {
        var x = Expect.Vector(-2, 0, 0.5);

        Expect.Values(x.exp(), 0.1353353, 1, 1.6487213);
        Expect.Values(x.expm1(), -0.8646647, 0, 0.6487213);
        Expect.Values((x + 3).log(), 0, 1.0986123, 1.2527630);
        Expect.Values(x.abs().log1p(), 1.0986123, 0, 0.4054651);
        Expect.Values((x + 2).sqrt(), 0, 1.4142136, 1.5811388);
        Expect.Values((x + 3).rsqrt(), 1, 0.5773503, 0.5345225);
        Expect.Values(x.sign(), -1, 0, 1);
        Expect.Values(x.tanh(), -0.9640276, 0, 0.4621172);
        Expect.Values(x.sigmoid(), 0.1192029, 0.5, 0.6224593);
        Expect.Values(x.relu(), 0, 0, 0.5);
        Expect.Values(nn.functional.softplus(x), 0.1269280, 0.6931472, 0.9740770);
        Expect.Values(x.sin(), -0.9092974, 0, 0.4794255);
        Expect.Values(x.cos(), -0.4161468, 1, 0.8775826);
        Expect.Values(x.square(), 4, 0, 0.25);
        Expect.Values(x.floor(), -2, 0, 0);
        Expect.Values(x.ceil(), -2, 0, 1);
        Expect.Values(Expect.Vector(1.26, -1.24).round(1), 1.3, -1.2);
        Expect.Values(x.clamp(-1, 0.25), -1, 0, 0.25);
        Expect.Values(x.clamp_min(0), 0, 0, 0.5);
        Expect.Values(x.clamp_max(0), -2, 0, 0);
        Expect.Values(torch.maximum(x, Expect.Vector(0, -1, 1)), 0, 0, 1);
        Expect.Values(torch.minimum(x, Expect.Vector(0, -1, 1)), -2, -1, 0.5);
        Expect.Values(torch.where(x > 0, x, zeros_like(x)), 0, 0, 0.5);
        Expect.Values(Expect.Vector(1, double.NaN, double.PositiveInfinity).isfinite(), 1, 0, 0);
        Expect.Values(Expect.Vector(1, double.NaN, double.PositiveInfinity).isnan(), 0, 1, 0);
    }

    [Fact]
    public void InPlaceOperators_ChangeTheirTensor()
    {
        var x = Expect.Vector(1, 2, 3);

        x.add_(1);
        x.mul_(Expect.Vector(2, 2, 2));
        x.sub_(1);
        x.div_(2);
        Expect.Values(x, 1.5, 2.5, 3.5);

        x.addcmul_(Expect.Vector(1, 1, 1), Expect.Vector(2, 4, 6), 0.5);
        Expect.Values(x, 2.5, 4.5, 6.5);
        x.addcdiv_(Expect.Vector(1, 1, 1), Expect.Vector(2, 4, 5), -1);
        Expect.Values(x, 2, 4.25, 6.3);
        x.clamp_(3, 5);
        Expect.Values(x, 3, 4.25, 5);
        x.copy_(Expect.Vector(4, 9, 16));
        x.sqrt_();
        Expect.Values(x, 2, 3, 4);
        x.fill_(7);
        Expect.Values(x, 7, 7, 7);
    }

    [Fact]
    public void Reductions_OverAllAndOverDimensions()
    {
        var x = Expect.Matrix(2, 3, 1, 2, 3, 4, 6, 8);

        Expect.Values(x.sum(), 24);
        Expect.Values(x.sum(dim: 0), 5, 8, 11);
        Expect.Values(x.sum([1], keepdim: true), 6, 18);
        Expect.Values(x.sum(0, 1), 24);
        Expect.Values(x.mean(), 4);
        Expect.Values(x.mean([1]), 2, 6);
        Expect.Values(x.var(1), 1, 4);
        Expect.Values(x.var(1, unbiased: false), 2.0 / 3, 8.0 / 3);
        Expect.Values(x.std(1), 1, 2);
        Expect.Values(x.norm(), Math.Sqrt(130));
        Expect.Values(x.norm(1), Math.Sqrt(14), Math.Sqrt(116));
        Expect.Values(x.max(), 8);
        Expect.Values(x.amax(0), 4, 6, 8);
        Expect.Values(x.amin([1], keepdim: true), 1, 4);
        Expect.Values(x.argmax(1), 2, 2);
        Expect.Values(x.argmin(0), 0, 0, 0);
        Expect.Values(x.cumsum(1), 1, 3, 6, 4, 10, 18);
        Expect.Values(x.logsumexp(1), 3.4076059, 8.1429316);
        Expect.Values((x > 2).any(1), 1, 1);
        Expect.Values((x > 2).all(1), 0, 1);

        var (values, indexes) = x.max(1);
        Expect.Values(values, 3, 8);
        Expect.Values(indexes, 2, 2);
        var (largest, places) = x.topk(2);
        Expect.Values(largest, 3, 2, 8, 6);
        Expect.Values(places, 2, 1, 2, 1);
        var (sorted, order) = Expect.Vector(3, 1, 2).sort(descending: true);
        Expect.Values(sorted, 3, 2, 1);
        Expect.Values(order, 0, 2, 1);
    }

    [Fact]
    public void Softmax_SumsToOneAndAgreesWithItsLogarithm()
    {
        var x = Expect.Matrix(1, 3, 1, 2, 3);

        Expect.Values(x.softmax(1), 0.0900306, 0.2447285, 0.6652410);
        Expect.Values(x.log_softmax(-1).exp().sum(-1), 1);
    }

    [Fact]
    public void Matrices_MultiplyAndSolve()
    {
        var a = Expect.Matrix(2, 2, 4, 2, 2, 3);
        var b = Expect.Matrix(2, 1, 2, 5);

        Expect.Values(a.mm(b), 18, 19);
        Expect.Values(a.matmul(b), 18, 19);
        Expect.Values(a.mv(Expect.Vector(1, 1)), 6, 5);
        Expect.Values(torch.addmm(Expect.Vector(1), a, b, 1, 1), 19, 20);
        Expect.Values(a.unsqueeze(0).bmm(b.unsqueeze(0)), 18, 19);
        Expect.Values(torch.outer(Expect.Vector(1, 2), Expect.Vector(3, 4)), 3, 4, 6, 8);
        Expect.Values(torch.einsum("ij,jk->ik", a, b), 18, 19);
        Expect.Values(linalg.cholesky(a), 2, 0, 1, 1.4142136);
        Expect.Values(linalg.inv(a), 0.375, -0.25, -0.25, 0.5);
        Expect.Values(linalg.solve(a, b), -0.5, 2);
        Expect.Values(linalg.slogdet(a).Item2, Math.Log(8));
        Expect.Values(nn.functional.linear(Expect.Matrix(1, 2, 1, 2), a, Expect.Vector(1, 1)), 9, 9);
        Expect.Values(a.tril(), 4, 0, 2, 3);
        Expect.Values(a.diag(), 4, 3);
    }

    [Fact]
    public void Shapes_ChangeWithoutChangingElements()
    {
        var x = arange(6, dtype: ScalarType.Float64).view(2, 3);

        Expect.Shape(x.reshape(3, -1), 3, 2);
        Expect.Shape(x.flatten(), 6);
        Expect.Shape(x.unsqueeze(1), 2, 1, 3);
        Expect.Shape(x.unsqueeze(1).squeeze(1), 2, 3);
        Expect.Shape(x.unsqueeze(0).squeeze(), 2, 3);
        Expect.Shape(x.unsqueeze(0).expand(4, -1, -1), 4, 2, 3);
        Expect.Shape(x.repeat(2, 1), 4, 3);
        Expect.Values(x.t(), 0, 3, 1, 4, 2, 5);
        Expect.Values(x.transpose(0, 1).contiguous(), 0, 3, 1, 4, 2, 5);
        Expect.Values(x.permute(1, 0), 0, 3, 1, 4, 2, 5);
        Expect.Values(x.narrow(1, 1, 2), 1, 2, 4, 5);
        Expect.Values(x.slice(1, 0, 3, 2), 0, 2, 3, 5);
        Expect.Values(x.select(0, 1), 3, 4, 5);
        Expect.Values(x.flip(1), 2, 1, 0, 5, 4, 3);
        Expect.Values(torch.cat([x, x], 0).sum(dim: 0), 6, 10, 14);
        Expect.Shape(torch.stack([x, x], 1), 2, 2, 3);
        Expect.Values(x.split(2, 1)[1], 2, 5);
        Expect.Values(x.chunk(3, 1)[1], 1, 4);
        Expect.Values(torch.unbind(x, 0)[1], 3, 4, 5);
    }

    [Fact]
    public void Elements_AreGatheredAndScattered()
    {
        var x = Expect.Matrix(2, 3, 1, 2, 3, 4, 5, 6);
        var places = tensor(new long[] { 2, 0 }, [2, 1]);

        Expect.Values(x.gather(1, places), 3, 4);
        Expect.Values(zeros_like(x).scatter(1, places, ones(2, 1, ScalarType.Float64)), 0, 0, 1, 1, 0, 0);
        Expect.Values(zeros_like(x).scatter_add(1, places, x), 0, 0, 1, 4, 0, 0);
        Expect.Values(x.index_select(1, tensor(new long[] { 1 })), 2, 5);
        Expect.Values(x.masked_select(x > 4), 5, 6);
        Expect.Values(x.nonzero().select(0, 1), 0, 1);
        Expect.Values(nn.functional.one_hot(tensor(new long[] { 1, 0 }), 3), 0, 1, 0, 1, 0, 0);
        Expect.Values(tensor(new long[] { 0, 2, 2 }).bincount(null, 4), 1, 0, 2, 0);
    }

    [Fact]
    public void Statics_AgreeWithTheirMembers()
    {
        var x = Expect.Matrix(2, 2, 1, -2, 3, 4);

        Expect.Values(torch.softmax(x, 1), 0.9525741, 0.0474259, 0.2689414, 0.7310586);
        Expect.Values(torch.gather(x, 1, tensor(new long[] { 1, 0 }, [2, 1])), -2, 3);
        Expect.Values(torch.triu(x), 1, -2, 0, 4);
        Expect.Values(torch.dot(Expect.Vector(1, 2), Expect.Vector(3, 4)), 11);
        Expect.Values(torch.searchsorted(Expect.Vector(1, 3, 5), Expect.Vector(2, 5)), 1, 2);
        Expect.Values(nn.functional.leaky_relu(x, 0.1), 1, -0.2, 3, 4);
        Expect.Values(nn.functional.elu(Expect.Vector(-1, 1), 1), -0.6321206, 1);
        Expect.Values(nn.functional.nll_loss(x, tensor(new long[] { 0, 1 })), -2.5);
        Expect.Values(linalg.norm(x), Math.Sqrt(30));
        Expect.Values(linalg.norm(x, 2.0, [1]), Math.Sqrt(5), 5);
        Expect.Values(x.roll([1], [1]), -2, 1, 4, 3);
        Expect.Values(x.unbind(1)[0], 1, 3);
        Expect.Values(Expect.Vector(1, double.NaN).nan_to_num(2), 1, 2);
        Expect.Values(x.masked_fill(x < 0, 0), 1, 0, 3, 4);
        Assert.True(torch.allclose(x, x.clone()));
    }

    [Fact]
    public void Convolution_OfOnesCountsThePatch()
    {
        var image = ones(1, 1, 4, 4);
        var kernel = ones(2, 1, 3, 3);

        var output = nn.functional.conv2d(image, kernel, tensor(new float[] { 0, 1 }), strides: [1, 1]);

        Expect.Shape(output, 1, 2, 2, 2);
        Expect.Values(output, 9, 9, 9, 9, 10, 10, 10, 10);
    }

    [Fact]
    public void Losses_HaveTheirClosedForms()
    {
        var x = Expect.Vector(1, 2);
        var y = Expect.Vector(0, 4);

        Expect.Values(nn.functional.mse_loss(x, y), 2.5);
        Expect.Values(nn.functional.mse_loss(x, y, nn.Reduction.Sum), 5);
        Expect.Values(nn.functional.smooth_l1_loss(x, y), 1);
        Expect.Values(nn.functional.binary_cross_entropy_with_logits(Expect.Vector(0), Expect.Vector(1)), Math.Log(2));
        Expect.Values(nn.functional.cross_entropy(Expect.Matrix(1, 2, 0, 0), tensor(new long[] { 1 })), Math.Log(2));
    }

    [Fact]
    public void Call_WithWrongShapes_ThrowsWithTheTextOfLibtorch()
    {
        var error = Assert.Throws<ExternalException>(() => ones(2, 3).mm(ones(2, 3)));

        Assert.Contains("mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)", error.Message);
    }

    [Fact]
    public void Call_OnDisposedTensor_Throws()
    {
        var x = ones(2);
        x.Dispose();

        Assert.True(x.IsInvalid);
        Assert.Throws<InvalidOperationException>(() => x.add(1));
        x.Dispose();
    }
}
