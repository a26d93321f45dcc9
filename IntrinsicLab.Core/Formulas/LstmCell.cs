using System.Numerics;

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
        var input = gates[..units];
        var forget = gates.Slice(units, units);
        var candidate = gates.Slice(3 * units, units);
        for (var i = 0; i < cell.Length; i++)
            cell[i] = forget[i] * previousCell[i] + input[i] * candidate[i];
    }

    /// <summary>What the cell puts out: h = o∘tanh(c).</summary>
    /// <param name="gates">Gates after their squashing, [4H].</param>
    /// <param name="squashed">tanh(c), [H].</param>
    /// <param name="hidden">Receives h, [H].</param>
    public static void Hidden<T>(ReadOnlySpan<T> gates, ReadOnlySpan<T> squashed, Span<T> hidden) where T : IFloatingPointIeee754<T>
    {
        var output = gates.Slice(2 * hidden.Length, hidden.Length);
        for (var i = 0; i < hidden.Length; i++)
            hidden[i] = output[i] * squashed[i];
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
        for (var i = 0; i < cellGradient.Length; i++)
        {
            var (input, forget, output, candidate) = (gates[i], gates[units + i], gates[2 * units + i], gates[3 * units + i]);
            var cell = cellGradient[i] + hiddenGradient[i] * output * (T.One - squashed[i] * squashed[i]);
            gateGradient[i] = cell * candidate * input * (T.One - input);
            gateGradient[units + i] = cell * previousCell[i] * forget * (T.One - forget);
            gateGradient[2 * units + i] = hiddenGradient[i] * squashed[i] * output * (T.One - output);
            gateGradient[3 * units + i] = cell * input * (T.One - candidate * candidate);
            cellGradient[i] = cell * forget;
        }
    }
}
