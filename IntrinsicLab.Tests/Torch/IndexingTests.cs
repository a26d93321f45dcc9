using TorchSharp;
using static TorchSharp.torch;

namespace IntrinsicLab.Tests.Torch;

public sealed class IndexingTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly Tensor _x = arange(6, dtype: ScalarType.Float64).view(2, 3);

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Numbers_SelectFromTheFront()
    {
        Expect.Values(_x[1], 3, 4, 5);
        Expect.Values(_x[1, 2], 5);
        Expect.Values(_x[-1, 0], 3);
    }

    [Fact]
    public void Slices_KeepTheirDimension()
    {
        Expect.Values(_x[TensorIndex.Colon, TensorIndex.Slice(1, 3)], 1, 2, 4, 5);
        Expect.Values(_x[TensorIndex.Ellipsis, TensorIndex.Single(1)], 1, 4);
        Expect.Values(_x[TensorIndex.Single(0), TensorIndex.Slice(step: 2)], 0, 2);
        Expect.Shape(_x[TensorIndex.None, TensorIndex.Single(0)], 1, 3);
        Expect.Values(_x[.., 1..], 1, 2, 4, 5);
    }

    [Fact]
    public void Tensors_GatherRowsAndMaskElements()
    {
        Expect.Values(_x[tensor(new long[] { 1, 0, 1 })].sum(1), 12, 3, 12);
        Expect.Values(_x[tensor(new long[] { 0, 1 }), tensor(new long[] { 2, 0 })], 2, 3);
        Expect.Values(_x[_x > 3], 4, 5);
        Expect.Values(_x[TensorIndex.Colon, TensorIndex.Tensor(tensor(new long[] { 2, 1 }))], 2, 1, 5, 4);
        Expect.Values(_x.index(tensor(new long[] { 1 })), 3, 4, 5);
    }

    [Fact]
    public void Assignment_WritesThroughTheView()
    {
        _x[0, 1] = tensor(9.0);
        _x[1] = tensor(new double[] { 7, 7, 7 });
        _x[TensorIndex.Colon, TensorIndex.Single(0)] = tensor(-1.0);

        Expect.Values(_x, -1, 9, 2, -1, 7, 7);

        _x.index_put_(tensor(0.5), tensor(new long[] { 0 }), tensor(new long[] { 2 }));
        Expect.Values(_x[0], -1, 9, 0.5);
    }
}
