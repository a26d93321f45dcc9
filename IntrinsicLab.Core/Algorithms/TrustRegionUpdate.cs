using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Settings of a <see cref="TrustRegionUpdate"/>; the defaults are rllab's.</summary>
public sealed record TrustRegionSettings
{
    /// <summary>Largest mean divergence KL[old‖new] of one step, in nats.</summary>
    public double MaximumKl { get; init; } = 0.01;

    /// <summary>Iterations of conjugate gradients.</summary>
    public int CgIterations { get; init; } = 10;

    /// <summary>Added to the curvature's diagonal.</summary>
    public double CgDamping { get; init; } = 1e-5;

    /// <summary>Share of the rows that curvature is measured on.</summary>
    public double SubsampleFactor { get; init; } = 1;

    /// <summary>Factor by which the line search shortens the step.</summary>
    public double BacktrackRatio { get; init; } = 0.8;

    /// <summary>Tries of the line search, the full step included.</summary>
    public int LineSearchTries { get; init; } = 15;

    /// <summary>Weight of the entropy bonus.</summary>
    public double EntropyCoefficient { get; init; }
}

/// <summary>
/// One step of trust-region policy optimisation (Schulman, Levine, Abbeel, Jordan and Moritz 2015, appendix C): the natural gradient of the
/// surrogate loss by conjugate gradients on exact products with the divergence's Hessian, scaled to the limit, then a line search. Numbers
/// refer to the pseudo-code in docs/algorithms/trpo.md.
/// </summary>
/// <param name="policy">The policy that acted; it is improved.</param>
/// <param name="settings">How far and how carefully.</param>
public sealed class TrustRegionUpdate(PolicyNetwork policy, TrustRegionSettings settings)
{
    private readonly float[] gradient = new float[policy.Parameters.Length];
    private readonly float[] direction = new float[policy.Parameters.Length];
    private readonly float[] curved = new float[policy.Parameters.Length];
    private readonly float[] oldDeviations = new float[policy.LogStandardDeviation.Length];
    private readonly List<LineSearchTry> tries = [];
    private float[] seen = [], taken = [], subset = [], oldOutputs = [], oldNlp = [], nlp = [], nlpGradient = [];
    private double[] advantage = [];
    private int[] order = [];
    private int rows;
    private float entropy;

    /// <summary>Every try of the last line search, in order; empty where the gradient was zero.</summary>
    public IReadOnlyList<LineSearchTry> Tries => tries;

    /// <summary>Improves the policy, or leaves it bit for bit as it is where no step is good enough or the gradient is zero.</summary>
    /// <param name="observations">What the policy saw, [N, O].</param>
    /// <param name="actions">What it did, [N, A] or [N] indices.</param>
    /// <param name="advantages">Â, how much better than expected that was, usually brought to mean 0 and deviation 1, [N].</param>
    /// <param name="rng">Chooses the rows that curvature is measured on, where these are not all.</param>
    /// <param name="step">Environment step, for the message where something is not finite.</param>
    /// <exception cref="DivergedException">The loss or its gradient is not finite.</exception>
    public TrustRegionResult Improve(
        ReadOnlySpan<float> observations, ReadOnlySpan<float> actions, ReadOnlySpan<double> advantages, Rng rng, long step)
    {
        Take(observations, actions, advantages);

        // 4: g, the gradient of L(θ) = −mean ρ·Â − c·entropy at the policy that acted, where ρ = 1.
        policy.Forward(seen, rows);
        entropy = policy.Evaluate(taken, oldNlp);
        policy.Outputs.CopyTo(oldOutputs);
        policy.LogStandardDeviation.CopyTo(oldDeviations);
        var (begun, loss) = (entropy, Loss(oldNlp));
        for (var row = 0; row < rows; row++)
            nlpGradient[row] = (float)(advantage[row] / rows);
        policy.Backward(taken, nlpGradient, (float)-settings.EntropyCoefficient, gradient);
        var norm = FlatMemory.Norm(gradient);
        if (!double.IsFinite(loss))
            throw new DivergedException(Metrics.PolicyLoss, step, loss);
        if (!double.IsFinite(norm))
            throw new DivergedException(Metrics.GradientNorm, step, norm);
        tries.Clear();
        if (norm == 0)
            return new(new(false, 0, loss, 0), loss, begun, 0, 0, 0);

        // 5: x ≈ (H + damping)⁻¹·g, H the Hessian of the mean divergence at θ.
        if (settings.SubsampleFactor < 1)
            ForwardSome(rng);
        var (_, residual) = ConjugateGradient.Solve<float>(Curvature, gradient, direction, settings.CgIterations);

        // 6: β, the length at which the quadratic model of the divergence reaches δ.
        Curvature(direction, curved);
        var length = TrustRegion.StepLength(settings.MaximumKl, ConjugateGradient.Dot<float>(direction, curved));

        // 7-8: the first of θ − shrinkᵏ·β·x that lowers the loss within the limit.
        var search = TrustRegion.Search<float>(
            policy.Parameters, direction, length, loss, settings.MaximumKl, settings.BacktrackRatio, settings.LineSearchTries, Evaluate, tries);
        return new(search, loss, search.Accepted ? entropy : begun, norm, residual, length);
    }

    private (double Loss, double Divergence) Evaluate()
    {
        policy.Forward(seen, rows);
        entropy = policy.Evaluate(taken, nlp);
        return (Loss(nlp), policy.Divergence(oldOutputs.AsSpan(0, policy.Outputs.Length), oldDeviations));
    }

    private double Loss(float[] negativeLogProbabilities)
    {
        var sum = 0.0;
        for (var row = 0; row < rows; row++)
            sum += Math.Exp((double)oldNlp[row] - negativeLogProbabilities[row]) * advantage[row];
        return -sum / rows - settings.EntropyCoefficient * entropy;
    }

    private void Curvature(ReadOnlySpan<float> vector, Span<float> product)
    {
        policy.FisherProduct(vector, product);
        var damping = (float)settings.CgDamping;
        for (var i = 0; i < product.Length; i++)
            product[i] += damping * vector[i];
    }

    // Drawn without replacement: the front of a shuffled order.
    private void ForwardSome(Rng rng)
    {
        var size = seen.Length / oldNlp.Length;
        var count = Math.Max(1, (int)(rows * settings.SubsampleFactor));
        for (var row = 0; row < rows; row++)
            order[row] = row;
        for (var i = 0; i < count; i++)
        {
            var other = i + rng.NextInt(rows - i);
            (order[i], order[other]) = (order[other], order[i]);
            seen.AsSpan(order[i] * size, size).CopyTo(subset.AsSpan(i * size));
        }
        policy.Forward(subset, count);
    }

    private void Take(ReadOnlySpan<float> observations, ReadOnlySpan<float> actions, ReadOnlySpan<double> advantages)
    {
        rows = advantages.Length;
        if (oldNlp.Length < rows)
        {
            var (capacity, outputs) = (Math.Max(rows, 2 * oldNlp.Length), policy.OutputSize);
            (seen, taken) = (new float[capacity * (observations.Length / rows)], new float[capacity * (actions.Length / rows)]);
            (oldNlp, nlp, nlpGradient, oldOutputs) = (new float[capacity], new float[capacity], new float[capacity], new float[capacity * outputs]);
            advantage = new double[capacity];
            if (settings.SubsampleFactor < 1)
                (subset, order) = (new float[seen.Length], new int[capacity]);
        }
        observations.CopyTo(seen);
        actions.CopyTo(taken);
        advantages.CopyTo(advantage);
    }
}

/// <summary>What a <see cref="TrustRegionUpdate"/> did.</summary>
/// <param name="Search">How the line search ended; not accepted, without a backtrack, where the gradient was zero.</param>
/// <param name="LossBefore">The surrogate loss of the policy that acted.</param>
/// <param name="Entropy">Mean entropy of the policy afterwards, in nats.</param>
/// <param name="GradientNorm">Euclidean norm of the loss's gradient.</param>
/// <param name="Residual">|g − (H + damping)·x|² of the conjugate gradients.</param>
/// <param name="StepLength">β.</param>
public readonly record struct TrustRegionResult(
    LineSearch Search, double LossBefore, double Entropy, double GradientNorm, double Residual, double StepLength)
{
    /// <summary>How much the step lowered the surrogate loss; 0 where none was taken.</summary>
    public double Improvement => LossBefore - Search.Loss;

    /// <summary>Reports the step.</summary>
    internal void Report(MetricMeans means)
    {
        means.Add(Metrics.PolicyLoss, Search.Loss);
        means.Add(Metrics.Entropy, Entropy);
        means.Add(Metrics.GradientNorm, GradientNorm);
        means.Add(Metrics.Divergence, Search.Divergence);
        means.Add(Metrics.SurrogateImprovement, Improvement);
        means.Add(Metrics.Backtracks, Search.Backtracks);
        means.Add(Metrics.StepAccepted, Search.Accepted ? 1 : 0);
        means.Add(Metrics.CgResidual, Residual);
    }
}
