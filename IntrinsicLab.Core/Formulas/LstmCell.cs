using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace IntrinsicLab.Core.Formulas;

/// <summary>
/// What happens inside a long short-term memory cell (Hochreiter and Schmidhuber 1997, with the forget gate of Gers, Schmidhuber and Cummins
/// 2000): c ← f∘c + i∘g, h = o∘tanh(c), with i, f, o = σ(·) and g = tanh(·) of one linear map of input and previous h. Without peepholes.
/// Everything is element by element; gates lie as [input | forget | output | candidate], each H long.
/// </summary>
public static class LstmCell
{
    /// <summary>The new cell: c = f∘c₋ + i∘g.</summary>
    /// <param name="gates">Gates after their squashing, [4H].</param>
    /// <param name="previousCell">c₋, [H].</param>
    /// <param name="cell">Receives c, [H].</param>
    public static void Cell<T>(ReadOnlySpan<T> gates, ReadOnlySpan<T> previousCell, Span<T> cell) where T : IFloatingPointIeee754<T>
    {
        var units = cell.Length;
        Part<T> input = new(gates, 0, units), forget = new(gates, 1, units), candidate = new(gates, 3, units), before = new(previousCell, 0, units);
        ref var to = ref MemoryMarshal.GetReference(cell);
        nuint i = 0, end = (nuint)units;
        if (Vector<T>.IsSupported)
            for (; i + (nuint)Vector<T>.Count <= end; i += (nuint)Vector<T>.Count)
                (forget.Vector(i) * before.Vector(i) + input.Vector(i) * candidate.Vector(i)).StoreUnsafe(ref to, i);
        for (; i < end; i++)
            cell[(int)i] = forget[i] * before[i] + input[i] * candidate[i];
    }

    /// <summary>What the cell puts out: h = o∘tanh(c).</summary>
    /// <param name="gates">Gates after their squashing, [4H].</param>
    /// <param name="squashed">tanh(c), [H].</param>
    /// <param name="hidden">Receives h, [H].</param>
    public static void Hidden<T>(ReadOnlySpan<T> gates, ReadOnlySpan<T> squashed, Span<T> hidden) where T : IFloatingPointIeee754<T>
    {
        var units = hidden.Length;
        Part<T> output = new(gates, 2, units), tanh = new(squashed, 0, units);
        ref var to = ref MemoryMarshal.GetReference(hidden);
        nuint i = 0, end = (nuint)units;
        if (Vector<T>.IsSupported)
            for (; i + (nuint)Vector<T>.Count <= end; i += (nuint)Vector<T>.Count)
                (output.Vector(i) * tanh.Vector(i)).StoreUnsafe(ref to, i);
        for (; i < end; i++)
            hidden[(int)i] = output[i] * tanh[i];
    }

    /// <summary>Back-propagates through one step.</summary>
    /// <param name="gates">Gates after their squashing, [4H].</param>
    /// <param name="previousCell">c₋, [H].</param>
    /// <param name="squashed">tanh(c), [H].</param>
    /// <param name="hiddenGradient">dL/dh, [H].</param>
    /// <param name="cellGradient">dL/dc from later steps; receives dL/dc₋, [H].</param>
    /// <param name="gateGradient">Receives the gradient with respect to the gates before their squashing, [4H].</param>
    public static void Backward<T>(
        ReadOnlySpan<T> gates, ReadOnlySpan<T> previousCell, ReadOnlySpan<T> squashed, ReadOnlySpan<T> hiddenGradient, Span<T> cellGradient,
        Span<T> gateGradient)
        where T : IFloatingPointIeee754<T>
    {
        var units = cellGradient.Length;
        Part<T> inputs = new(gates, 0, units), forgets = new(gates, 1, units), outputs = new(gates, 2, units), candidates = new(gates, 3, units);
        Part<T> before = new(previousCell, 0, units), tanh = new(squashed, 0, units), slope = new(hiddenGradient, 0, units);
        ref var cells = ref MemoryMarshal.GetReference(cellGradient);
        ref var result = ref MemoryMarshal.GetReference(gateGradient[..(4 * units)]);
        nuint i = 0, end = (nuint)units;
        if (Vector<T>.IsSupported)
            for (; i + (nuint)Vector<T>.Count <= end; i += (nuint)Vector<T>.Count)
            {
                var (input, forget, output, candidate) = (inputs.Vector(i), forgets.Vector(i), outputs.Vector(i), candidates.Vector(i));
                var (squash, hidden, one) = (tanh.Vector(i), slope.Vector(i), Vector<T>.One);
                var cell = Vector.LoadUnsafe(ref cells, i) + hidden * output * (one - squash * squash);
                (cell * candidate * input * (one - input)).StoreUnsafe(ref result, i);
                (cell * before.Vector(i) * forget * (one - forget)).StoreUnsafe(ref result, end + i);
                (hidden * squash * output * (one - output)).StoreUnsafe(ref result, 2 * end + i);
                (cell * input * (one - candidate * candidate)).StoreUnsafe(ref result, 3 * end + i);
                (cell * forget).StoreUnsafe(ref cells, i);
            }
        for (; i < end; i++)
        {
            var at = (int)i;
            var (input, forget, output, candidate) = (inputs[i], forgets[i], outputs[i], candidates[i]);
            var cell = cellGradient[at] + slope[i] * output * (T.One - tanh[i] * tanh[i]);
            gateGradient[at] = cell * candidate * input * (T.One - input);
            gateGradient[units + at] = cell * before[i] * forget * (T.One - forget);
            gateGradient[2 * units + at] = slope[i] * tanh[i] * output * (T.One - output);
            gateGradient[3 * units + at] = cell * input * (T.One - candidate * candidate);
            cellGradient[at] = cell * forget;
        }
    }

    /// <summary>x ← a + b·x, element by element.</summary>
    /// <param name="values">x, replaced.</param>
    /// <param name="factor">b.</param>
    /// <param name="offset">a.</param>
    internal static void Scale<T>(Span<T> values, T factor, T offset) where T : IFloatingPointIeee754<T>
    {
        ref var all = ref MemoryMarshal.GetReference(values);
        nuint i = 0, end = (nuint)values.Length;
        if (Vector<T>.IsSupported)
            for (; i + (nuint)Vector<T>.Count <= end; i += (nuint)Vector<T>.Count)
                (new Vector<T>(offset) + Vector.LoadUnsafe(ref all, i) * factor).StoreUnsafe(ref all, i);
        for (; i < end; i++)
            values[(int)i] = offset + values[(int)i] * factor;
    }

    // One of the equal parts of a span, checked once, read by element or by vector.
    private readonly ref struct Part<T>
    {
        private readonly ref T first;

        public Part(ReadOnlySpan<T> values, int index, int length) => first = ref MemoryMarshal.GetReference(values.Slice(index * length, length));

        public T this[nuint i] => Unsafe.Add(ref first, i);

        public Vector<T> Vector(nuint i) => System.Numerics.Vector.LoadUnsafe(ref first, i);
    }
}
