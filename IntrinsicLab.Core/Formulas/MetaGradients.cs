using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace IntrinsicLab.Core.Formulas;

/// <summary>
/// Parts of the derivative of an outer loss through one step of an inner learner, with first derivatives only. With the inner gradient
/// g(η), the step θ′ = θ − step(clip(g)) and the outer loss L(θ′), the chain rule needs the vector w = (∂θ′/∂g)ᵀ·∇L, never a matrix:
/// dL/dη = ∂⟨w, g(η)⟩/∂η, and ⟨w, g⟩ is the directional derivative of the inner loss along w, which is linear in the advantages.
/// </summary>
/// <remarks>
/// Derived from equations 7 to 11 of Zheng, Oh and Singh 2018 ("On Learning Intrinsic Rewards for Policy Gradient Methods") for the
/// optimisers of the code they released. Nothing is approximated: tests hold the results equal to double back-propagation.
/// </remarks>
public static class MetaGradients
{
    /// <summary>Through θ′ = θ − α·g: dL/dg = −α·dL/dθ′.</summary>
    /// <param name="upstream">dL/dθ′, [P].</param>
    /// <param name="learningRate">α.</param>
    /// <param name="result">Receives dL/dg, [P].</param>
    public static void ThroughSgd<T>(ReadOnlySpan<T> upstream, T learningRate, Span<T> result) where T : IFloatingPointIeee754<T>
    {
        for (var i = 0; i < result.Length; i++)
            result[i] = -learningRate * upstream[i];
    }

    /// <summary>
    /// Through Adam's θ′ = θ − rate·m′/(√v′·correction + ε), m′ = m + (g − m)·fresh, with v′ taken as a constant, as the code released
    /// with the paper does: dL/dg = −rate·fresh/(√v′·correction + ε)·dL/dθ′. On the first step the true derivative is several hundred
    /// times smaller, because m′/√v′ is then nearly the sign of g.
    /// </summary>
    /// <param name="upstream">dL/dθ′, [P].</param>
    /// <param name="square">v′, after the step, [P].</param>
    /// <param name="rate">Step size with its bias correction.</param>
    /// <param name="correction">Factor on √v′: 1, or PyTorch's bias correction.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="fresh">1 − β₁.</param>
    /// <param name="result">Receives dL/dg, [P].</param>
    public static void ThroughAdam<T>(
        ReadOnlySpan<T> upstream, ReadOnlySpan<T> square, T rate, T correction, T epsilon, T fresh, Span<T> result)
        where T : IFloatingPointIeee754<T>
    {
        var i = 0;
        for (; i + Vector<T>.Count <= result.Length; i += Vector<T>.Count)
        {
            var divisor = Vector.SquareRoot(new Vector<T>(square[i..])) * correction + new Vector<T>(epsilon);
            (-new Vector<T>(upstream[i..]) * rate * fresh / divisor).CopyTo(result[i..]);
        }
        for (; i < result.Length; i++)
            result[i] = -upstream[i] * rate * fresh / (T.Sqrt(square[i]) * correction + epsilon);
    }

    /// <summary>
    /// Through RMSProp's θ′ = θ − α·g/root, s′ = s + (g² − s)·fresh, all of it: with root = √(s′ + ε) or √s′ + ε,
    /// dL/dg = −α·(1/root − g²·fresh/(root²·√·)), √· the root without what is added outside of it.
    /// </summary>
    /// <param name="upstream">dL/dθ′, [P].</param>
    /// <param name="gradient">g as it was given to the step, clipped, [P].</param>
    /// <param name="square">s′, after the step, [P].</param>
    /// <param name="learningRate">α.</param>
    /// <param name="inside">ε added inside the root (TensorFlow), or 0.</param>
    /// <param name="outside">ε added outside the root (PyTorch), or 0.</param>
    /// <param name="fresh">1 − ρ.</param>
    /// <param name="result">Receives dL/dg, [P].</param>
    public static void ThroughRmsProp<T>(
        ReadOnlySpan<T> upstream, ReadOnlySpan<T> gradient, ReadOnlySpan<T> square, T learningRate, T inside, T outside, T fresh,
        Span<T> result)
        where T : IFloatingPointIeee754<T>
    {
        for (var i = 0; i < result.Length; i++)
        {
            var bare = T.Sqrt(square[i] + inside);
            var root = bare + outside;
            // s′ is 0 only where g is and always was: the second part, g²/√s′, vanishes with them.
            var bend = bare == T.Zero ? T.Zero : gradient[i] * gradient[i] * fresh / (root * root * bare);
            result[i] = -upstream[i] * learningRate * (T.One / root - bend);
        }
    }

    /// <summary>
    /// Through the clip ĝ = g·min(1, c/|g|): where it shortened, dL/dg = (c/|g|)·(u − h·⟨h, u⟩) with h = g/|g|, else u. What points along
    /// the gradient is lost, and every parameter is coupled to every other by the common norm.
    /// </summary>
    /// <param name="upstream">u = dL/dĝ, replaced by dL/dg, [P].</param>
    /// <param name="clipped">ĝ, [P].</param>
    /// <param name="norm">|g|, before the clip.</param>
    /// <param name="maximum">c; 0 for no clip.</param>
    public static void ThroughClip<T>(Span<T> upstream, ReadOnlySpan<T> clipped, double norm, double maximum) where T : IFloatingPointIeee754<T>
    {
        if (maximum == 0 || !(norm > maximum))
            return;
        // In double precision: the two terms all but cancel where the gradient is long.
        var along = Dot<T>(clipped, upstream);
        var (factor, share) = (T.CreateChecked(maximum / norm), T.CreateChecked(along / (maximum * maximum)));
        var i = 0;
        for (; i + Vector<T>.Count <= upstream.Length; i += Vector<T>.Count)
            (factor * (new Vector<T>(upstream[i..]) - new Vector<T>(clipped[i..]) * share)).CopyTo(upstream[i..]);
        for (; i < upstream.Length; i++)
            upstream[i] = factor * (upstream[i] - clipped[i] * share);
    }

    /// <summary>
    /// Mixed derivative of the clipped surrogate loss with respect to the (normalised) advantages and along a direction of the parameters:
    /// s·ρ·d nlp/N, s = 0 where the loss takes the clipped branch and thus has no gradient. With an infinite clip range and nlp = nlp_old
    /// it is that of the plain policy gradient.
    /// </summary>
    /// <param name="negativeLogProbabilities">−log π(a|s), [N].</param>
    /// <param name="oldNegativeLogProbabilities">The same under the policy that acted, [N].</param>
    /// <param name="advantages">A as they stand in the loss, [N].</param>
    /// <param name="clipRange">ε.</param>
    /// <param name="tangents">Directional derivative of −log π(a|s), [N].</param>
    /// <param name="result">Receives the derivative with respect to A, [N].</param>
    public static void OfSurrogate<T>(
        ReadOnlySpan<T> negativeLogProbabilities, ReadOnlySpan<T> oldNegativeLogProbabilities, ReadOnlySpan<T> advantages, T clipRange,
        ReadOnlySpan<T> tangents, Span<T> result)
        where T : IFloatingPointIeee754<T>
    {
        var count = T.CreateChecked(result.Length);
        for (var i = 0; i < result.Length; i++)
        {
            var ratio = T.Exp(oldNegativeLogProbabilities[i] - negativeLogProbabilities[i]);
            var plain = -advantages[i] * ratio;
            var clipped = -advantages[i] * T.Clamp(ratio, T.One - clipRange, T.One + clipRange);
            result[i] = clipped > plain ? T.Zero : ratio * tangents[i] / count;
        }
    }

    /// <summary>
    /// Mixed derivative of <see cref="PolicyGradients.ClippedValueLoss{T}"/> with respect to the targets and along a direction of the
    /// parameters: −s·dV/N, s = 0 where the loss takes the clipped branch.
    /// </summary>
    /// <param name="values">V, [N].</param>
    /// <param name="oldValues">V when acting, [N].</param>
    /// <param name="returns">Targets G, [N].</param>
    /// <param name="clipRange">ε; infinity for the plain squared error.</param>
    /// <param name="weight">Weight of the value loss.</param>
    /// <param name="tangents">Directional derivative of V, [N].</param>
    /// <param name="result">The derivative with respect to G is added to it, [N].</param>
    public static void AddOfValueLoss<T>(
        ReadOnlySpan<T> values, ReadOnlySpan<T> oldValues, ReadOnlySpan<T> returns, T clipRange, T weight, ReadOnlySpan<T> tangents,
        Span<T> result)
        where T : IFloatingPointIeee754<T>
    {
        var count = T.CreateChecked(result.Length);
        for (var i = 0; i < result.Length; i++)
        {
            var (error, change) = (values[i] - returns[i], values[i] - oldValues[i]);
            var clippedError = T.Abs(change) <= clipRange ? error : oldValues[i] + T.CopySign(clipRange, change) - returns[i];
            if (!(clippedError * clippedError > error * error))
                result[i] -= weight * tangents[i] / count;
        }
    }

    /// <summary>
    /// Backward pass of <see cref="PolicyGradients.Normalise{T}(Span{T})"/>, Â = (A − mean)/s, s = √variance + 10⁻⁸:
    /// dL/dA = (u − mean u − Â·mean(u·Â)·s/√variance)/s. The result sums to 0, and has no component along A: shifting or stretching all
    /// advantages changes nothing. Where they are all equal it is 0.
    /// </summary>
    /// <param name="advantages">A, before normalisation, [N].</param>
    /// <param name="upstream">u = dL/dÂ, replaced by dL/dA, [N].</param>
    public static void ThroughNormalise<T>(ReadOnlySpan<T> advantages, Span<T> upstream) where T : IFloatingPointIeee754<T>
    {
        var count = T.CreateChecked(advantages.Length);
        T mean = T.Zero, variance = T.Zero, slope = T.Zero, along = T.Zero;
        foreach (var advantage in advantages)
            mean += advantage;
        mean /= count;
        foreach (var advantage in advantages)
            variance += (advantage - mean) * (advantage - mean);
        var deviation = T.Sqrt(variance / count);
        if (deviation == T.Zero)
        {
            upstream.Clear();
            return;
        }
        var divisor = deviation + T.CreateChecked(1e-8);
        for (var i = 0; i < upstream.Length; i++)
        {
            slope += upstream[i];
            along += upstream[i] * (advantages[i] - mean);
        }
        slope /= count;
        along /= count * divisor * deviation;
        for (var i = 0; i < upstream.Length; i++)
            upstream[i] = (upstream[i] - slope - (advantages[i] - mean) * along) / divisor;
    }

    /// <summary>
    /// Backward pass of <see cref="Returns.GeneralizedAdvantages{T}"/> with respect to the rewards (decay γλ), or of
    /// <see cref="Returns.NStep{T}"/> (decay γ): with u = dL/dA, dL/dr_t = u_t + decay·(1 − ended_{t−1})·dL/dr_{t−1}, one scan forward in
    /// time. It is the transpose of the matrix whose entry (i, j) is decay^(j−i) for j ≥ i in one episode.
    /// </summary>
    /// <param name="gradient">dL/dA, replaced by dL/dr, [T, B] flat and time-major.</param>
    /// <param name="ended">Whether step t ended its episode, [T, B].</param>
    /// <param name="environments">B.</param>
    /// <param name="decay">γλ, or γ.</param>
    public static void ThroughReturns<T>(Span<T> gradient, ReadOnlySpan<bool> ended, int environments, T decay) where T : IFloatingPointIeee754<T>
    {
        if (environments == 0 || gradient.Length % environments != 0 || ended.Length != gradient.Length)
            throw new ArgumentException($"{gradient.Length} gradients, {ended.Length} flags and {environments} environments do not fit together.");
        for (var i = environments; i < gradient.Length; i++)
            if (!ended[i - environments])
                gradient[i] += decay * gradient[i - environments];
    }

    private static double Dot<T>(ReadOnlySpan<T> left, ReadOnlySpan<T> right) where T : IFloatingPointIeee754<T>
    {
        if (typeof(T) == typeof(float))
            return FlatMemory.Dot(Singles(left), Singles(right));
        var sum = 0.0;
        for (var i = 0; i < left.Length; i++)
            sum += double.CreateChecked(left[i]) * double.CreateChecked(right[i]);
        return sum;

        static ReadOnlySpan<float> Singles(ReadOnlySpan<T> values) =>
            MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<T, float>(ref MemoryMarshal.GetReference(values)), values.Length);
    }

    /// <summary>Cosine between two gradients over the parameters that the second touches: the policy's, not those of a separate value function.</summary>
    /// <param name="inner">The gradient that moved the policy, [P].</param>
    /// <param name="outer">The gradient of the extrinsic loss after that, [P]; where it is 0, neither counts.</param>
    /// <returns>From −1 to 1; 0 where one of them vanishes.</returns>
    public static double CosineWhereTouched(ReadOnlySpan<float> inner, ReadOnlySpan<float> outer)
    {
        var squares = 0.0;
        Span<float> touched = stackalloc float[256];
        for (var from = 0; from < inner.Length; from += touched.Length)
        {
            var own = inner[from..Math.Min(inner.Length, from + touched.Length)];
            var other = outer.Slice(from, own.Length);
            for (var i = 0; i < own.Length; i++)
                touched[i] = other[i] == 0 ? 0 : own[i];
            squares += FlatMemory.Dot(touched[..own.Length], touched[..own.Length]);
        }
        var outerSquares = FlatMemory.Dot(outer, outer);
        return squares == 0 || outerSquares == 0 ? 0 : FlatMemory.Dot(inner, outer) / Math.Sqrt(squares * outerSquares);
    }
}
