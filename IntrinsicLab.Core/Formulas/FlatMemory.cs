using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp;

namespace IntrinsicLab.Core.Formulas;

/// <summary>Plain access to the numbers of flat float tensors that live in main memory.</summary>
public static class FlatMemory
{
    /// <summary>The tensor's own memory.</summary>
    /// <param name="tensor">A contiguous float32 tensor on the CPU; it must outlive the span.</param>
    public static Span<float> Of(torch.Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);

    /// <summary>The tensor's numbers in main memory: the tensor itself on the CPU, a copy of one on an accelerator.</summary>
    /// <param name="tensor">A float32 tensor; the result must be disposed and leaves it as it is.</param>
    public static torch.Tensor Held(torch.Tensor tensor)
    {
        using var scope = torch.NewDisposeScope();
        return tensor.detach().cpu().contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Overwrites a tensor's numbers with another's.</summary>
    /// <param name="source">A contiguous float32 tensor.</param>
    /// <param name="target">One of the same shape, on the same device.</param>
    public static void Copy(torch.Tensor source, torch.Tensor target)
    {
        if (target.device_type == DeviceType.CPU)
        {
            Of(source).CopyTo(Of(target));
            return;
        }
        using var held = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        target.copy_(source);
    }

    /// <summary>Copies a tensor's numbers.</summary>
    /// <param name="tensor">A float32 tensor on any device.</param>
    /// <param name="values">Receives them.</param>
    public static void CopyFrom(torch.Tensor tensor, Span<float> values)
    {
        if (tensor.device_type == DeviceType.CPU)
        {
            Of(tensor).CopyTo(values);
            return;
        }
        using var held = Held(tensor);
        Of(held).CopyTo(values);
    }

    /// <summary>Overwrites a tensor's numbers.</summary>
    /// <param name="values">Row-major.</param>
    /// <param name="tensor">A contiguous float32 tensor on any device.</param>
    public static void CopyTo(ReadOnlySpan<float> values, torch.Tensor tensor)
    {
        if (tensor.device_type == DeviceType.CPU)
        {
            values.CopyTo(Of(tensor));
            return;
        }
        using var copy = ToTensor(values, tensor.shape, tensor.device);
        Copy(copy, tensor);
    }

    /// <summary>A new tensor with these numbers.</summary>
    /// <param name="values">Row-major.</param>
    /// <param name="shape">Extents.</param>
    /// <param name="device">Where it will live.</param>
    public static torch.Tensor ToTensor(ReadOnlySpan<float> values, long[] shape, torch.Device device)
    {
        var tensor = torch.empty(shape, torch.ScalarType.Float32);
        values.CopyTo(Of(tensor));
        if (device.type == DeviceType.CPU)
            return tensor;
        using (tensor)
            return tensor.to(device);
    }

    /// <summary>Euclidean norm, summed in double precision and the same way on every machine.</summary>
    /// <param name="values">Any number of values.</param>
    public static double Norm(ReadOnlySpan<float> values) => Math.Sqrt(Dot(values, values));

    /// <summary>Sum of products, in double precision and in the same order on every machine: sixteen sums side by side, then these together.</summary>
    /// <param name="left">Any number of values.</param>
    /// <param name="right">As many.</param>
    public static double Dot(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        right = right[..left.Length];
        Vector256<double> s0 = default, s1 = default, s2 = default, s3 = default;
        var i = 0;
        for (; i + 16 <= left.Length; i += 16)
        {
            var (a, b) = (Vector256.Widen(Vector256.Create(left[i..])), Vector256.Widen(Vector256.Create(right[i..])));
            s0 += a.Lower * b.Lower;
            s1 += a.Upper * b.Upper;
            (a, b) = (Vector256.Widen(Vector256.Create(left[(i + 8)..])), Vector256.Widen(Vector256.Create(right[(i + 8)..])));
            s2 += a.Lower * b.Lower;
            s3 += a.Upper * b.Upper;
        }
        var sums = s0 + s1 + (s2 + s3);
        var total = sums[0] + sums[1] + (sums[2] + sums[3]);
        for (; i < left.Length; i++)
            total += (double)left[i] * right[i];
        return total;
    }

    /// <summary>Adds values to others.</summary>
    /// <param name="values">Any number of values.</param>
    /// <param name="sums">As many or more, overwritten.</param>
    public static void Add(ReadOnlySpan<float> values, Span<float> sums)
    {
        var from = MemoryMarshal.Cast<float, Vector<float>>(values);
        var to = MemoryMarshal.Cast<float, Vector<float>>(sums[..values.Length]);
        for (var i = 0; i < from.Length; i++)
            to[i] += from[i];
        for (var i = from.Length * Vector<float>.Count; i < values.Length; i++)
            sums[i] += values[i];
    }

    /// <summary>Multiplies every value.</summary>
    /// <param name="values">Overwritten.</param>
    /// <param name="factor">The factor.</param>
    public static void Scale(Span<float> values, float factor)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        for (var i = 0; i < vectors.Length; i++)
            vectors[i] *= factor;
        for (var i = vectors.Length * Vector<float>.Count; i < values.Length; i++)
            values[i] *= factor;
    }
}
