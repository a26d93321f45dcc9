using System.Runtime.InteropServices;
using System.Text;
using TorchSharp;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Writes an algorithm's state, values in the order that <see cref="CheckpointReader"/> reads them back.</summary>
/// <param name="output">Where the bytes go; left open.</param>
public sealed class CheckpointWriter(Stream output) : BinaryWriter(output, Encoding.UTF8, leaveOpen: true)
{
    /// <summary>Writes shape and values of a tensor, exactly.</summary>
    /// <remarks>Not an overload of <c>Write</c>: numbers convert to tensors, so it would take them from the inherited ones.</remarks>
    public void WriteTensor(torch.Tensor tensor)
    {
        using var scope = torch.NewDisposeScope();
        var held = tensor.detach().cpu().contiguous();
        Write((int)held.dtype);
        Write(held.shape.Length);
        foreach (var extent in held.shape)
            Write(extent);
        base.Write(held.bytes);
    }

    /// <summary>Writes an array with its length.</summary>
    public void Write<T>(ReadOnlySpan<T> values) where T : unmanaged
    {
        Write(values.Length);
        base.Write(MemoryMarshal.AsBytes(values));
    }
}

/// <summary>Reads an algorithm's state back.</summary>
/// <param name="input">Where the bytes come from; left open.</param>
public sealed class CheckpointReader(Stream input) : BinaryReader(input, Encoding.UTF8, leaveOpen: true)
{
    /// <summary>Fills <paramref name="tensor"/> with the values written for it.</summary>
    /// <exception cref="InvalidDataException">Type or shape differ from what was written.</exception>
    public void ReadInto(torch.Tensor tensor)
    {
        var type = (torch.ScalarType)ReadInt32();
        var shape = new long[ReadInt32()];
        for (var axis = 0; axis < shape.Length; axis++)
            shape[axis] = ReadInt64();
        if (type != tensor.dtype || !shape.AsSpan().SequenceEqual(tensor.shape))
            throw new InvalidDataException(
                $"The checkpoint holds {type} [{string.Join(", ", shape)}] where {tensor.dtype} [{string.Join(", ", tensor.shape)}] belongs.");
        using var held = torch.empty(shape, type);
        BaseStream.ReadExactly(held.bytes);
        using (torch.no_grad())
            tensor.copy_(held);
    }

    /// <summary>Fills <paramref name="values"/> with the array written for it.</summary>
    /// <exception cref="InvalidDataException">The length differs from what was written.</exception>
    public void ReadInto<T>(Span<T> values) where T : unmanaged
    {
        var length = ReadInt32();
        if (length != values.Length)
            throw new InvalidDataException($"The checkpoint holds {length} values where {values.Length} belong.");
        BaseStream.ReadExactly(MemoryMarshal.AsBytes(values));
    }
}
