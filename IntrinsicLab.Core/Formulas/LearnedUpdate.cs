using System.Numerics;
using System.Runtime.InteropServices;

namespace IntrinsicLab.Core.Formulas;

/// <summary>
/// The step that an agent of two tables takes along a learned rule's targets, Δθ = α·mean[π̂·∇ log π(a|s) − α_y·∇ KL(y(s) ‖ ŷ)], and the way
/// back through it (Oh et al. 2020, equation 2; derivatives are our own). Both gradients are written out, so that the derivative of a step needs
/// no second differentiation. J_y = diag(y) − y·yᵀ is the softmax Jacobian.
/// </summary>
public static class LearnedUpdate
{
    /// <summary>Softmax of every row and its logarithm.</summary>
    /// <param name="logits">[rows, columns]; receives the logarithms.</param>
    /// <param name="probabilities">Receives the probabilities, [rows, columns].</param>
    /// <param name="columns">Length of a row.</param>
    public static void Softmax<T>(Span<T> logits, Span<T> probabilities, int columns) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (var first = 0; first < logits.Length; first += columns)
        {
            var row = logits.Slice(first, columns);
            var highest = row[0];
            foreach (var value in row)
                highest = value > highest ? value : highest;
            foreach (ref var value in row)
                value -= highest;
        }
        Exponentials<T>(logits, probabilities);
        for (var first = 0; first < logits.Length; first += columns)
        {
            var row = probabilities.Slice(first, columns);
            var sum = T.Zero;
            foreach (var value in row)
                sum += value;
            var (factor, logarithm) = (T.One / sum, T.Log(sum));
            foreach (ref var value in row)
                value *= factor;
            foreach (ref var value in logits.Slice(first, columns))
                value -= logarithm;
        }
    }

    /// <summary>H = −Σ p ln p.</summary>
    public static T Entropy<T>(ReadOnlySpan<T> probabilities, ReadOnlySpan<T> logarithms) where T : IFloatingPointIeee754<T> =>
        -Dot(probabilities, logarithms);

    /// <summary>KL(y ‖ ŷ), given ŷ by its logits.</summary>
    /// <param name="y">Predictions, [m].</param>
    /// <param name="logY">Their logarithms.</param>
    /// <param name="q">Logits of ŷ, [m].</param>
    public static T Divergence<T>(ReadOnlySpan<T> y, ReadOnlySpan<T> logY, ReadOnlySpan<T> q) where T : IFloatingPointIeee754<T>
    {
        var (highest, sum, result) = (q[0], T.Zero, T.Zero);
        foreach (var value in q)
            highest = value > highest ? value : highest;
        foreach (var value in q)
            sum += T.Exp(value - highest);
        var normaliser = highest + T.Log(sum);
        for (var i = 0; i < y.Length; i++)
            result += y[i] * (logY[i] - q[i] + normaliser);
        return result;
    }

    /// <summary>Θ[s] += κ·π̂·(onehot(a) − p).</summary>
    /// <param name="logits">Θ[s], [A].</param>
    /// <param name="p">Policy before the update, [A].</param>
    /// <param name="action">a.</param>
    /// <param name="step">κ·π̂, κ = α/N.</param>
    public static void MovePolicy<T>(Span<T> logits, ReadOnlySpan<T> p, int action, T step) where T : IFloatingPointIeee754<T>
    {
        for (var i = 0; i < logits.Length; i++)
            logits[i] -= step * p[i];
        logits[action] += step;
    }

    /// <summary>Z[s] −= κ_y·J_y·(ln y − q): ŷ's normaliser drops out, as J_y·1 = 0.</summary>
    /// <param name="logits">Z[s], [m].</param>
    /// <param name="y">Predictions before the update, [m].</param>
    /// <param name="logY">Their logarithms.</param>
    /// <param name="q">Logits of ŷ, [m].</param>
    /// <param name="step">κ_y = α·α_y/N.</param>
    public static void MovePrediction<T>(Span<T> logits, ReadOnlySpan<T> y, ReadOnlySpan<T> logY, ReadOnlySpan<T> q, T step)
        where T : IFloatingPointIeee754<T>
    {
        var mean = T.Zero;
        for (var i = 0; i < y.Length; i++)
            mean += y[i] * (logY[i] - q[i]);
        for (var i = 0; i < y.Length; i++)
            logits[i] -= step * y[i] * (logY[i] - q[i] - mean);
    }

    /// <summary>Derivatives of a loss through <see cref="MovePolicy"/>: with respect to π̂ (returned) and, directly, to p.</summary>
    /// <param name="upstream">Derivative with respect to the row after the update, [A].</param>
    /// <param name="p">As in the step.</param>
    /// <param name="action">As in the step.</param>
    /// <param name="target">π̂.</param>
    /// <param name="rate">κ.</param>
    /// <param name="probabilityGradient">Receives −κ·π̂·u, [A].</param>
    public static T PolicyBackward<T>(
        ReadOnlySpan<T> upstream, ReadOnlySpan<T> p, int action, T target, T rate, Span<T> probabilityGradient) where T : IFloatingPointIeee754<T>
    {
        var (scale, dot) = (-rate * target, T.Zero);
        for (var i = 0; i < p.Length; i++)
        {
            dot += upstream[i] * p[i];
            probabilityGradient[i] = scale * upstream[i];
        }
        return rate * (upstream[action] - dot);
    }

    /// <summary>Derivatives of a loss through <see cref="MovePrediction"/>: with respect to q and, directly, to y.</summary>
    /// <param name="upstream">Derivative with respect to the row after the update, [m].</param>
    /// <param name="y">As in the step.</param>
    /// <param name="logY">As in the step.</param>
    /// <param name="q">As in the step.</param>
    /// <param name="rate">κ_y.</param>
    /// <param name="targetGradient">Receives −J_y·w, w = −κ_y·u, [m].</param>
    /// <param name="predictionGradient">Receives (w − w·y)⊙(h + 1) − w·(y·h), h = ln y − q, [m].</param>
    public static void PredictionBackward<T>(
        ReadOnlySpan<T> upstream, ReadOnlySpan<T> y, ReadOnlySpan<T> logY, ReadOnlySpan<T> q, T rate, Span<T> targetGradient,
        Span<T> predictionGradient) where T : IFloatingPointIeee754<T>
    {
        var (weighted, mean) = (T.Zero, T.Zero);
        for (var i = 0; i < y.Length; i++)
        {
            weighted -= rate * upstream[i] * y[i];
            mean += y[i] * (logY[i] - q[i]);
        }
        for (var i = 0; i < y.Length; i++)
        {
            var w = -rate * upstream[i];
            targetGradient[i] = -y[i] * (w - weighted);
            predictionGradient[i] = (w - weighted) * (logY[i] - q[i] + T.One) - w * mean;
        }
    }

    /// <summary>row += J_p·v: from probabilities back to their logits.</summary>
    /// <param name="row">Derivative with respect to the logits.</param>
    /// <param name="p">Softmax of the logits.</param>
    /// <param name="v">Derivative with respect to p.</param>
    public static void AddThroughSoftmax<T>(Span<T> row, ReadOnlySpan<T> p, ReadOnlySpan<T> v) where T : IFloatingPointIeee754<T>
    {
        var dot = Dot(p, v);
        for (var i = 0; i < row.Length; i++)
            row[i] += p[i] * (v[i] - dot);
    }

    /// <summary>Adds c·β·p⊙(ln p + H(p)): the derivative of −β·H(softmax(logits)) with respect to the logits.</summary>
    /// <param name="row">Derivative with respect to the logits.</param>
    /// <param name="p">Softmax of the logits.</param>
    /// <param name="logarithms">ln p.</param>
    /// <param name="scale">c·β.</param>
    public static void AddEntropyGradient<T>(Span<T> row, ReadOnlySpan<T> p, ReadOnlySpan<T> logarithms, T scale) where T : IFloatingPointIeee754<T>
    {
        var entropy = Entropy(p, logarithms);
        for (var i = 0; i < row.Length; i++)
            row[i] += scale * p[i] * (logarithms[i] + entropy);
    }

    private static T Dot<T>(ReadOnlySpan<T> left, ReadOnlySpan<T> right) where T : IFloatingPointIeee754<T>
    {
        var sum = T.Zero;
        for (var i = 0; i < left.Length; i++)
            sum += left[i] * right[i];
        return sum;
    }

    // Vector.Exp rounds alike for every width, so the rest takes the same way.
    private static void Exponentials<T>(ReadOnlySpan<T> values, Span<T> results) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (typeof(T) != typeof(float))
        {
            for (var i = 0; i < values.Length; i++)
                results[i] = T.Exp(values[i]);
            return;
        }
        var from = MemoryMarshal.Cast<T, float>(values);
        var to = MemoryMarshal.Cast<T, float>(results);
        var at = 0;
        for (; at + Vector<float>.Count <= from.Length; at += Vector<float>.Count)
            Vector.Exp(new Vector<float>(from[at..])).CopyTo(to[at..]);
        if (at == from.Length)
            return;
        Span<float> rest = stackalloc float[Vector<float>.Count];
        rest.Clear();
        from[at..].CopyTo(rest);
        Vector.Exp(new Vector<float>(rest)).CopyTo(rest);
        rest[..(from.Length - at)].CopyTo(to[at..]);
    }
}
