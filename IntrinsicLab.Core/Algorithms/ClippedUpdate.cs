using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Core.Optimizers;
using static TorchSharp.torch;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Settings of a <see cref="ClippedUpdate"/>.</summary>
public sealed record ClippedSettings
{
    /// <summary>Passes over each batch.</summary>
    public int Epochs { get; init; } = 10;

    /// <summary>Rows of one gradient step; the last of a pass may have fewer.</summary>
    public int MinibatchSize { get; init; } = 64;

    /// <summary>Clip range ε of the probability ratio.</summary>
    public double ClipRange { get; init; } = 0.2;

    /// <summary>Step size α of Adam.</summary>
    public double LearningRate { get; init; } = 3e-4;

    /// <summary>Weight of the entropy bonus.</summary>
    public double EntropyCoefficient { get; init; }

    /// <summary>Gradients longer than this are shortened to it; 0 turns it off.</summary>
    public double MaximumGradientNorm { get; init; } = 0.5;
}

/// <summary>
/// Proximal policy optimisation's improvement of a policy that shares no layer with its baseline (Schulman, Wolski, Dhariwal, Radford and Klimov
/// 2017, equation 7): some passes of minibatch steps on the clipped surrogate loss. It takes the place of a <see cref="TrustRegionUpdate"/>.
/// </summary>
public sealed class ClippedUpdate : IDisposable
{
    private readonly PolicyNetwork policy;
    private readonly ClippedSettings settings;
    private readonly Adam optimizer = new(epsilon: 1e-5, style: EpsilonStyle.Pytorch);
    private readonly Tensor parameters, gradient;
    private readonly OptimizerState state;
    private float[] nlp = [], seen = [], taken = [], oldNlp = [], advantage = [], newNlp = [], nlpGradient = [];
    private int[] order = [];

    /// <summary>Makes an optimiser for a policy.</summary>
    /// <param name="policy">The policy that acts; it is improved.</param>
    /// <param name="settings">How.</param>
    public ClippedUpdate(PolicyNetwork policy, ClippedSettings settings)
    {
        (this.policy, this.settings) = (policy, settings);
        parameters = FlatMemory.ToTensor(policy.Parameters, [policy.Parameters.Length], CPU);
        using (no_grad())
            gradient = zeros_like(parameters);
        state = optimizer.Initial(parameters);
    }

    /// <summary>Improves the policy.</summary>
    /// <param name="observations">What the policy saw, [N, O].</param>
    /// <param name="actions">What it did, [N, A] or [N] indices.</param>
    /// <param name="advantages">Â, [N].</param>
    /// <param name="rng">Source of the order of rows.</param>
    /// <param name="step">Environment step, for the message where something is not finite.</param>
    /// <exception cref="DivergedException">The loss or its gradient is not finite.</exception>
    public ClippedResult Improve(
        ReadOnlySpan<float> observations, ReadOnlySpan<float> actions, ReadOnlySpan<double> advantages, Rng rng, long step)
    {
        var rows = advantages.Length;
        var (observationSize, actionSize) = (observations.Length / rows, actions.Length / rows);
        Reserve(rows, observationSize, actionSize);
        policy.Forward(observations, rows);
        policy.Evaluate(actions, nlp.AsSpan(0, rows));
        var (loss, entropy, norm, divergence, outside, steps) = (0.0, 0.0, 0.0, 0.0, 0.0, 0);
        for (var epoch = 0; epoch < settings.Epochs; epoch++)
        {
            for (var row = 0; row < rows; row++)
                order[row] = row;
            rng.Shuffle(order.AsSpan(0, rows));
            for (var start = 0; start < rows; start += settings.MinibatchSize, steps++)
            {
                var chosen = order.AsSpan(start, Math.Min(settings.MinibatchSize, rows - start));
                for (var i = 0; i < chosen.Length; i++)
                {
                    observations.Slice(chosen[i] * observationSize, observationSize).CopyTo(seen.AsSpan(i * observationSize));
                    actions.Slice(chosen[i] * actionSize, actionSize).CopyTo(taken.AsSpan(i * actionSize));
                    (oldNlp[i], advantage[i]) = (nlp[chosen[i]], (float)advantages[chosen[i]]);
                }
                var n = chosen.Length;
                var slope = nlpGradient.AsSpan(0, n);
                policy.Forward(seen, n);
                entropy += policy.Evaluate(taken.AsSpan(0, n * actionSize), newNlp.AsSpan(0, n));
                var surrogate = PolicyGradients.ClippedSurrogate(
                    newNlp.AsSpan(0, n), oldNlp.AsSpan(0, n), advantage.AsSpan(0, n), (float)settings.ClipRange, slope);
                policy.Backward(taken.AsSpan(0, n * actionSize), slope, (float)-settings.EntropyCoefficient, FlatMemory.Of(gradient));
                var length = GlobalNorm.ClipInPlace(gradient, settings.MaximumGradientNorm);
                if (!double.IsFinite(surrogate.Loss))
                    throw new DivergedException(Metrics.PolicyLoss, step, surrogate.Loss);
                if (!double.IsFinite(length))
                    throw new DivergedException(Metrics.GradientNorm, step, length);
                optimizer.StepInPlace(parameters, gradient, state, settings.LearningRate);
                FlatMemory.Of(parameters).CopyTo(policy.Parameters);
                (loss, norm, divergence, outside) =
                    (loss + surrogate.Loss, norm + length, divergence + surrogate.ApproximateKl, outside + surrogate.ClipFraction);
            }
        }
        return new(loss / steps, entropy / steps, norm / steps, divergence / steps, outside / steps);
    }

    /// <summary>Writes the optimiser's state; whoever owns the policy writes its parameters.</summary>
    public void Save(CheckpointWriter writer) => writer.Write(state);

    /// <summary>Restores what <see cref="Save"/> wrote, after the policy's parameters are restored.</summary>
    public void Load(CheckpointReader reader)
    {
        reader.ReadInto(state);
        policy.Parameters.CopyTo(FlatMemory.Of(parameters));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        parameters.Dispose();
        gradient.Dispose();
        state.Dispose();
    }

    private void Reserve(int rows, int observationSize, int actionSize)
    {
        if (nlp.Length < rows)
            (nlp, order) = (new float[2 * rows], new int[2 * rows]);
        if (oldNlp.Length > 0)
            return;
        var size = settings.MinibatchSize;
        (seen, taken) = (new float[size * observationSize], new float[size * actionSize]);
        (oldNlp, advantage, newNlp, nlpGradient) = (new float[size], new float[size], new float[size], new float[size]);
    }
}

/// <summary>What a <see cref="ClippedUpdate"/> did, as means over its gradient steps.</summary>
/// <param name="Loss">The clipped surrogate loss.</param>
/// <param name="Entropy">Mean entropy of the policy, in nats.</param>
/// <param name="GradientNorm">Norm of the gradient before it was shortened.</param>
/// <param name="ApproximateKl">Half the mean squared change of log-probability.</param>
/// <param name="ClipFraction">Share of samples outside the clip range.</param>
public readonly record struct ClippedResult(double Loss, double Entropy, double GradientNorm, double ApproximateKl, double ClipFraction)
{
    /// <summary>Reports the steps.</summary>
    internal void Report(MetricMeans means)
    {
        means.Add(Metrics.PolicyLoss, Loss);
        means.Add(Metrics.Entropy, Entropy);
        means.Add(Metrics.GradientNorm, GradientNorm);
        means.Add(Metrics.ApproximateKl, ApproximateKl);
        means.Add(Metrics.ClipFraction, ClipFraction);
    }
}
