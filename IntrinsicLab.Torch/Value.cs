using System.Runtime.InteropServices;

namespace TorchSharp;

internal enum Tag { None, Tensor, TensorList, Int, Double, Bool, IntList, String, Device, Generator }

/// <summary>One argument or result of an operator; the layout of <c>Value</c> in torch_shim.cpp.</summary>
/// <remarks>It holds addresses only: whoever builds one keeps tensors alive and arrays pinned until the call returns.</remarks>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal unsafe struct Value
{
    [FieldOffset(0)] internal Tag Tag;
    [FieldOffset(4)] internal int Count;
    [FieldOffset(8)] internal nint Pointer;
    [FieldOffset(8)] internal long Integer;
    [FieldOffset(8)] internal double Real;

    internal static Value None => new() { Tag = Tag.None };

    internal static Value Of(torch.Tensor tensor) => new() { Tag = Tag.Tensor, Pointer = tensor.ValidHandle };
    internal static Value OfOptional(torch.Tensor? tensor) => tensor is null ? None : Of(tensor);
    internal static Value Of(long value) => new() { Tag = Tag.Int, Integer = value };
    internal static Value Of(long? value) => value is { } present ? Of(present) : None;
    internal static Value Of(double value) => new() { Tag = Tag.Double, Real = value };
    internal static Value Of(double? value) => value is { } present ? Of(present) : None;
    internal static Value Of(bool value) => new() { Tag = Tag.Bool, Integer = value ? 1 : 0 };
    internal static Value Of(bool? value) => value is { } present ? Of(present) : None;
    internal static Value Of(torch.ScalarType type) => Of((long)type);
    internal static Value Of(torch.ScalarType? type) => type is { } present ? Of((long)present) : None;
    internal static Value Of(torch.nn.Reduction reduction) => Of((long)reduction);
    internal static Value Of(Scalar scalar) => scalar.Value;
    internal static Value OfOptional(Scalar? scalar) => scalar is null ? None : scalar.Value;
    internal static Value OfOptional(torch.Generator? generator) =>
        generator is null ? None : new() { Tag = Tag.Generator, Pointer = generator.ValidHandle };

    internal static Value OfOptional(torch.Device? device) =>
        device is null ? None : new() { Tag = Tag.Device, Count = device.index, Integer = (long)device.type };

    internal static Value OfList(long* items, int count) => new() { Tag = Tag.IntList, Count = count, Pointer = (nint)items };
    internal static Value OfList(nint* tensors, int count) => new() { Tag = Tag.TensorList, Count = count, Pointer = (nint)tensors };
    internal static Value OfText(byte* text, int count) => new() { Tag = Tag.String, Count = count, Pointer = (nint)text };

    /// <summary>The handles of a list; null entries are undefined tensors.</summary>
    internal static nint[] Handles(IEnumerable<torch.Tensor?> tensors)
    {
        if (tensors is IList<torch.Tensor?> list)
        {
            var handles = new nint[list.Count];
            for (var i = 0; i < handles.Length; i++)
                handles[i] = list[i] is { } tensor ? tensor.ValidHandle : 0;
            return handles;
        }
        return tensors.Select(tensor => tensor is null ? 0 : tensor.ValidHandle).ToArray();
    }
}
