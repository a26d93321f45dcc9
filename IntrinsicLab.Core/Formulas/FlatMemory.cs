using System.Numerics;
using System.Runtime.InteropServices;
using TorchSharp;

namespace IntrinsicLab.Core.Formulas;

/// <summary>Plain access to the numbers of flat float tensors that live in main memory.</summary>
public static class FlatMemory
{
    /// <summary>The tensor's own memory.</summary>
    /// <param name="tensor">A contiguous float32 tensor on the CPU; it must outlive the span.</param>
    public static Span<float> Of(torch.Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);

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
    public static double Norm(ReadOnlySpan<float> values)
    {
        double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        var i = 0;
        for (; i + 4 <= values.Length; i += 4)
        {
            s0 += (double)values[i] * values[i];
            s1 += (double)values[i + 1] * values[i + 1];
            s2 += (double)values[i + 2] * values[i + 2];
            s3 += (double)values[i + 3] * values[i + 3];
        }
        for (; i < values.Length; i++)
            s0 += (double)values[i] * values[i];
        return Math.Sqrt(s0 + s1 + (s2 + s3));
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
