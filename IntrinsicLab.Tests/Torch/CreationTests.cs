using TorchSharp;
using static TorchSharp.torch;

namespace IntrinsicLab.Tests.Torch;

public sealed class CreationTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Tensor_FromArrays_KeepsElementType()
    {
        Assert.Equal(ScalarType.Float32, tensor(new float[] { 1 }).dtype);
        Assert.Equal(ScalarType.Float64, tensor(new double[] { 1 }).dtype);
        Assert.Equal(ScalarType.Int64, tensor(new long[] { 1 }).dtype);
        Assert.Equal(ScalarType.Int32, tensor(new int[] { 1 }).dtype);
        Assert.Equal(ScalarType.Byte, tensor(new byte[] { 1 }).dtype);
        Assert.Equal(ScalarType.Bool, tensor(new bool[] { true }).dtype);
        Assert.Equal(ScalarType.Float64, tensor(new float[] { 1 }, dtype: ScalarType.Float64).dtype);
    }

    [Fact]
    public void Tensor_FromScalars_HasNoDimensions()
    {
        Expect.Shape(tensor(2.5f));
        Assert.Equal(2.5f, tensor(2.5f).item<float>());
        Assert.Equal(ScalarType.Int64, tensor(3L).dtype);
        Assert.Equal(ScalarType.Float64, tensor(3.0).dtype);
    }

    [Fact]
    public void Tensor_WithDimensions_IsRowMajor()
    {
        Expect.Values(tensor(new float[] { 1, 2, 3, 4, 5, 6 }, [2, 3])[1], 4, 5, 6);
        Expect.Values(tensor(new double[,] { { 1, 2 }, { 3, 4 } }).t(), 1, 3, 2, 4);
        Expect.Shape(tensor(new List<long> { 1, 2, 3, 4 }, 2, 2), 2, 2);
        Assert.Throws<ArgumentException>(() => tensor(new float[] { 1, 2, 3 }, [2, 2]));
    }

    [Fact]
    public void Tensor_CopiesItsSource()
    {
        var source = new float[] { 1, 2 };
        var copy = tensor(source);
        source[0] = 9;

        Expect.Values(copy, 1, 2);
    }

    [Fact]
    public void Factories_HaveTheirValuesAndTypes()
    {
        Expect.Values(zeros(2), 0, 0);
        Expect.Values(ones([1, 2], ScalarType.Int64), 1, 1);
        Expect.Values(full([2], 1.5), 1.5, 1.5);
        Expect.Values(arange(3), 0, 1, 2);
        Expect.Values(arange(1.0, 2.0, 0.5), 1, 1.5);
        Expect.Values(eye(2), 1, 0, 0, 1);
        Expect.Values(linspace(0, 1, 3), 0, 0.5, 1);
        Expect.Values(ones_like(zeros(2, 1)), 1, 1);
        Assert.Equal(ScalarType.Float32, zeros(2).dtype);
        Assert.Equal(ScalarType.Int64, arange(3).dtype);
        Assert.Equal(ScalarType.Int64, full([2], 1).dtype);
        Assert.True(zeros(2, requires_grad: true).requires_grad);
    }

    [Fact]
    public void Types_PromoteAndConvert()
    {
        var integers = tensor(new long[] { 1, 2 });

        Assert.Equal(ScalarType.Float32, (integers + 0.5).dtype);
        Assert.Equal(ScalarType.Float32, (ones(2) + 0.5).dtype);
        Assert.Equal(ScalarType.Float64, (ones(2) + tensor(new double[] { 1, 1 })).dtype);
        Assert.Equal(ScalarType.Bool, (integers > 1).dtype);
        Expect.Values(tensor(new double[] { 1.9, -1.9 }).to(ScalarType.Int32), 1, -1);
        Assert.Equal(ScalarType.Int32, integers.@int().dtype);
        Assert.Equal(DeviceType.CPU, integers.to(CPU).device_type);
        Assert.Equal("cuda:1", new Device("cuda:1").ToString());
        Assert.Equal(0, ((Device)"cuda:0").index);
    }

    [Fact]
    public void Data_ReadsAndWritesInPlace()
    {
        var x = zeros(2, 3);
        var data = x.data<float>();
        data[1, 2] = 5;
        data[0, 0] = 1;

        Expect.Values(x, 1, 0, 0, 0, 0, 5);
        Assert.Equal([1, 0, 0, 0, 0, 5], data.ToArray());
        Assert.Equal([1, 0, 0, 0, 0, 5], x.t().contiguous().t().data<float>().ToArray());
        Assert.Equal(6, data.Count);
        Assert.Throws<ArgumentException>(() => x.data<double>());
    }

    [Fact]
    public void Bytes_AreTheMemoryItself()
    {
        var x = zeros(2);
        System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(x.bytes)[1] = 3;

        Expect.Values(x, 0, 3);
    }

    [Fact]
    public void Item_NeedsOneElement()
    {
        Assert.Equal(4L, tensor(new long[] { 4 }).item<long>());
        Assert.Throws<ArgumentException>(() => zeros(2).item<float>());
        Assert.Equal(2.0, (double)tensor(2.0f));
        Assert.Equal(2, tensor(2L).ToInt32());
        Assert.True(tensor(true).ToBoolean());
    }
}
