using System.Numerics;
using IntrinsicLab.Core.Formulas;

namespace IntrinsicLab.Core.Networks;

/// <summary>
/// A layer with long short-term memory (<see cref="LstmCell"/>): gates = x·Wx + h·Wh + b. Its parameters lie in one flat vector: Wx
/// ([inputs, 4H], row-major), Wh ([H, 4H]), b.
/// </summary>
/// <param name="Inputs">Values of one input row.</param>
/// <param name="Units">H.</param>
public sealed record Lstm(int Inputs, int Units)
{
    /// <summary>Length of the flat parameter vector.</summary>
    public int ParameterCount => (Inputs + Units + 1) * Gates;

    /// <summary>4H.</summary>
    public int Gates => 4 * Units;

    internal int RecurrentOffset => Inputs * Gates;

    internal int BiasOffset => RecurrentOffset + Units * Gates;

    /// <summary>
    /// Fills the parameters: orthogonal weights as in Baselines, biases 0 but 1 at the forget gates, so that a new memory keeps what it has
    /// (Gers, Schmidhuber and Cummins 2000).
    /// </summary>
    /// <param name="parameters">Receives them.</param>
    /// <param name="rng">Source of the weights.</param>
    public void Initialise(Span<float> parameters, Rng rng)
    {
        parameters[..ParameterCount].Clear();
        Orthogonal.Fill(Inputs, Gates, 1, rng, parameters, Gates);
        Orthogonal.Fill(Units, Gates, 1, rng, parameters[RecurrentOffset..], Gates);
        parameters.Slice(BiasOffset + Units, Units).Fill(1);
    }
}

/// <summary>What <see cref="Lstm"/> layers remember between steps, one row for each environment.</summary>
/// <param name="rows">Environments.</param>
/// <param name="units">H.</param>
/// <typeparam name="T">Single precision to train, double to check.</typeparam>
public sealed class LstmState<T>(int rows, int units) where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>h, [B, H].</summary>
    public T[] Hidden { get; } = new T[rows * units];

    /// <summary>c, [B, H].</summary>
    public T[] Cell { get; } = new T[rows * units];

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Array.Clear(Hidden);
        Array.Clear(Cell);
    }

    /// <summary>Takes over another's rows.</summary>
    /// <param name="other">At least as many rows from <paramref name="first"/> on.</param>
    /// <param name="first">Row of the other that becomes row 0.</param>
    public void CopyFrom(LstmState<T> other, int first = 0)
    {
        other.Hidden.AsSpan(first * units, Hidden.Length).CopyTo(Hidden);
        other.Cell.AsSpan(first * units, Cell.Length).CopyTo(Cell);
    }
}

/// <summary>
/// One layer's forward pass over sequences, kept for back-propagation through time. Rows are time-major: that of step t in environment b is
/// t·B + b. Allocates nothing after it is made.
/// </summary>
/// <typeparam name="T">Single precision to train, double to check.</typeparam>
public sealed class LstmPass<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Lstm lstm;
    private readonly int environments;
    private readonly T[] gates, cells, squashed, hidden, previousHidden, previousCell;
    private readonly T[] gateGradient, hiddenCarry, cellCarry, stepGradient, turnedInput, turnedRecurrent;
    private int steps;

    /// <summary>Makes room.</summary>
    /// <param name="lstm">The layer.</param>
    /// <param name="capacity">Most steps of one pass.</param>
    /// <param name="environments">B.</param>
    public LstmPass(Lstm lstm, int capacity, int environments)
    {
        (this.lstm, this.environments) = (lstm, environments);
        var rows = capacity * environments;
        (gates, gateGradient) = (new T[rows * lstm.Gates], new T[rows * lstm.Gates]);
        (cells, squashed, hidden) = (new T[rows * lstm.Units], new T[rows * lstm.Units], new T[rows * lstm.Units]);
        (previousHidden, previousCell) = (new T[rows * lstm.Units], new T[rows * lstm.Units]);
        (hiddenCarry, cellCarry) = (new T[environments * lstm.Units], new T[environments * lstm.Units]);
        stepGradient = new T[environments * lstm.Units];
        (turnedInput, turnedRecurrent) = (new T[lstm.Inputs * lstm.Gates], new T[lstm.Units * lstm.Gates]);
    }

    /// <summary>h of every row of the last forward pass, [T, B, H].</summary>
    public ReadOnlySpan<T> Outputs => hidden.AsSpan(0, steps * environments * lstm.Units);

    /// <summary>Runs through T steps.</summary>
    /// <param name="parameters">Flat.</param>
    /// <param name="input">[T, B, I].</param>
    /// <param name="starts">Whether an episode begins with the row, so that nothing before it is remembered, [T, B].</param>
    /// <param name="state">What is remembered before the first step; holds what is remembered after the last when this returns.</param>
    /// <param name="steps">T.</param>
    public void Forward(ReadOnlySpan<T> parameters, ReadOnlySpan<T> input, ReadOnlySpan<bool> starts, LstmState<T> state, int steps)
    {
        this.steps = steps;
        var (units, width, rows) = (lstm.Units, environments * lstm.Units, steps * environments);
        NumberProduct.Multiply(
            input, lstm.Inputs, 1, parameters[..lstm.RecurrentOffset], parameters.Slice(lstm.BiasOffset, lstm.Gates), gates, rows, lstm.Inputs, lstm.Gates);
        for (var t = 0; t < steps; t++)
        {
            var remembered = previousHidden.AsSpan(t * width, width);
            var kept = previousCell.AsSpan(t * width, width);
            (t == 0 ? state.Hidden : hidden.AsSpan((t - 1) * width, width)).CopyTo(remembered);
            (t == 0 ? state.Cell : cells.AsSpan((t - 1) * width, width)).CopyTo(kept);
            for (var b = 0; b < environments; b++)
                if (starts[t * environments + b])
                {
                    remembered.Slice(b * units, units).Clear();
                    kept.Slice(b * units, units).Clear();
                }
            var stepGates = gates.AsSpan(t * environments * lstm.Gates, environments * lstm.Gates);
            NumberProduct.AddProduct(
                remembered, units, 1, parameters.Slice(lstm.RecurrentOffset, units * lstm.Gates), stepGates, environments, units, lstm.Gates);
            Squash(stepGates);
            var cell = cells.AsSpan(t * width, width);
            var tanh = squashed.AsSpan(t * width, width);
            var output = hidden.AsSpan(t * width, width);
            for (var b = 0; b < environments; b++)
                LstmCell.Cell<T>(stepGates.Slice(b * lstm.Gates, lstm.Gates), kept.Slice(b * units, units), cell.Slice(b * units, units));
            cell.CopyTo(tanh);
            NumberProduct.Tanh(tanh);
            for (var b = 0; b < environments; b++)
                LstmCell.Hidden<T>(stepGates.Slice(b * lstm.Gates, lstm.Gates), tanh.Slice(b * units, units), output.Slice(b * units, units));
        }
        hidden.AsSpan((steps - 1) * width, width).CopyTo(state.Hidden);
        cells.AsSpan((steps - 1) * width, width).CopyTo(state.Cell);
    }

    /// <summary>Back-propagates through the last forward pass, from its last step to its first and no further.</summary>
    /// <param name="parameters">As in the forward pass.</param>
    /// <param name="input">As in the forward pass.</param>
    /// <param name="starts">As in the forward pass.</param>
    /// <param name="outputGradient">Gradient with respect to the outputs, [T, B, H].</param>
    /// <param name="gradient">Receives the gradient with respect to the parameters, flat.</param>
    /// <param name="inputGradient">Receives the gradient with respect to the input, [T, B, I].</param>
    public void Backward(
        ReadOnlySpan<T> parameters, ReadOnlySpan<T> input, ReadOnlySpan<bool> starts, ReadOnlySpan<T> outputGradient,
        Span<T> gradient, Span<T> inputGradient)
    {
        var (units, width, rows) = (lstm.Units, environments * lstm.Units, steps * environments);
        NumberProduct.Transpose(parameters.Slice(lstm.RecurrentOffset, units * lstm.Gates), units, lstm.Gates, turnedRecurrent);
        NumberProduct.Transpose(parameters[..lstm.RecurrentOffset], lstm.Inputs, lstm.Gates, turnedInput);
        Array.Clear(hiddenCarry);
        Array.Clear(cellCarry);
        for (var t = steps - 1; t >= 0; t--)
        {
            for (var i = 0; i < width; i++)
                stepGradient[i] = outputGradient[t * width + i] + hiddenCarry[i];
            for (var b = 0; b < environments; b++)
            {
                var row = t * environments + b;
                LstmCell.Backward<T>(
                    gates.AsSpan(row * lstm.Gates, lstm.Gates), previousCell.AsSpan(row * units, units), squashed.AsSpan(row * units, units),
                    stepGradient.AsSpan(b * units, units), cellCarry.AsSpan(b * units, units), gateGradient.AsSpan(row * lstm.Gates, lstm.Gates));
            }
            NumberProduct.Multiply(
                gateGradient.AsSpan(t * environments * lstm.Gates), lstm.Gates, 1, turnedRecurrent, [], hiddenCarry, environments, lstm.Gates, units);
            for (var b = 0; b < environments; b++)
                if (starts[t * environments + b])
                {
                    hiddenCarry.AsSpan(b * units, units).Clear();
                    cellCarry.AsSpan(b * units, units).Clear();
                }
        }
        var upstream = gateGradient.AsSpan(0, rows * lstm.Gates);
        NumberProduct.Multiply(input, 1, lstm.Inputs, upstream, [], gradient[..lstm.RecurrentOffset], lstm.Inputs, rows, lstm.Gates);
        NumberProduct.Multiply(
            previousHidden, 1, units, upstream, [], gradient.Slice(lstm.RecurrentOffset, units * lstm.Gates), units, rows, lstm.Gates);
        var biases = gradient.Slice(lstm.BiasOffset, lstm.Gates);
        biases.Clear();
        NumberProduct.AddRows(upstream, biases);
        NumberProduct.Multiply(upstream, lstm.Gates, 1, turnedInput, [], inputGradient, rows, lstm.Gates, lstm.Inputs);
    }

    // σ(x) = ½ + ½·tanh(x/2): one pass of the same function over all four gates.
    private void Squash(Span<T> values)
    {
        var (sigmoids, half) = (3 * lstm.Units, T.CreateChecked(0.5));
        for (var b = 0; b < environments; b++)
            LstmCell.Scale(values.Slice(b * lstm.Gates, sigmoids), half, T.Zero);
        NumberProduct.Tanh(values);
        for (var b = 0; b < environments; b++)
            LstmCell.Scale(values.Slice(b * lstm.Gates, sigmoids), half, half);
    }
}
