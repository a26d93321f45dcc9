using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Core.Optimizers;
using static TorchSharp.torch;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>What a <see cref="GoalAutoencoder"/> looks like.</summary>
internal sealed record GoalAutoencoderSettings
{
    /// <summary>Numbers of a code, L.</summary>
    public int Latents { get; init; } = 2;

    /// <summary>Units of each hidden layer of the encoder; the decoder has them the other way round.</summary>
    public int[] Hidden { get; init; } = [64];

    /// <summary>β, weight of the divergence.</summary>
    public double Beta { get; init; } = 1;

    /// <summary>Step size of Adam.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Power of a goal's own likelihood that it is drawn with for training: 0 for all alike.</summary>
    public double SkewPower { get; init; }

    /// <summary>Draws goals from a Gaussian fitted to the codes of what was achieved, in place of the prior.</summary>
    public bool Fitted { get; init; }
}

/// <summary>How well a batch was coded before a <see cref="GoalAutoencoder"/> learnt from it; means over goals, in nats.</summary>
/// <param name="Loss">Reconstruction + β·divergence.</param>
/// <param name="Divergence">KL(q(z|x) ‖ p(z)).</param>
/// <param name="Reconstruction">−log d(x|z) for one draw of z.</param>
internal readonly record struct GoalAutoencoderFit(double Loss, double Divergence, double Reconstruction);

/// <summary>
/// A β-variational auto-encoder of goals whose values lie from 0 to 1, such as pictures, trained on what was achieved (Nair et al. 2018, "Visual
/// Reinforcement Learning with Imagined Goals", RIG). Its codes are goals: those of what is achieved, and those that the prior imagines. With a negative
/// power rare goals are drawn more often for its training (Pong et al. 2020, "Skew-Fit").
/// </summary>
internal sealed class GoalAutoencoder : IDisposable
{
    /// <summary>Goals of the replay that are weighted against each other.</summary>
    public const int Pool = 1000;

    private const int Draws = 10, EpisodesOfPool = 10, Block = 200;

    private readonly GoalAutoencoderSettings settings;
    private readonly Mlp encoder, decoder;
    private readonly Tensor parameters, gradient;
    private readonly Adam optimizer = new(epsilon: 1e-8, style: EpsilonStyle.Pytorch);
    private readonly OptimizerState moments;
    private readonly int goalSize, rows;
    private readonly float[] batch, noise, codes, codeGradient, pool, blockCodes, blockNoise, fittedMean, fittedDeviation;
    private readonly double[] likelihoods, upTo;
    private MlpPass encoding, decoding;
    private int capacity, sinceRefreshed;

    /// <summary>Makes and initialises both networks.</summary>
    /// <param name="settings">What it looks like.</param>
    /// <param name="goalSize">Values of a goal, G.</param>
    /// <param name="rows">Goals of a batch, N.</param>
    /// <param name="rng">Source of the initial weights.</param>
    public GoalAutoencoder(GoalAutoencoderSettings settings, int goalSize, int rows, Rng rng)
    {
        (this.settings, this.goalSize, this.rows) = (settings, goalSize, rows);
        encoder = new Mlp(goalSize, settings.Hidden, 2 * settings.Latents, Activation.Relu);
        decoder = new Mlp(settings.Latents, [.. settings.Hidden.Reverse()], goalSize, Activation.Relu);
        capacity = Math.Max(rows, Block);
        (encoding, decoding) = (new MlpPass(encoder, capacity), new MlpPass(decoder, capacity));
        var initial = new float[encoder.ParameterCount + decoder.ParameterCount];
        Glorot.Fill(encoder, initial.AsSpan(0, encoder.ParameterCount), rng);
        Glorot.Fill(decoder, initial.AsSpan(encoder.ParameterCount), rng);
        parameters = FlatMemory.ToTensor(initial, [initial.Length], CPU);
        using (no_grad())
            gradient = zeros_like(parameters);
        moments = optimizer.Initial(parameters);
        (batch, noise) = (new float[rows * goalSize], new float[rows * settings.Latents]);
        (codes, codeGradient) = (new float[rows * settings.Latents], new float[rows * settings.Latents]);
        pool = new float[NeedsPool ? Pool * goalSize : 0];
        (blockCodes, blockNoise) = (new float[Block * settings.Latents], new float[Block * settings.Latents]);
        (likelihoods, upTo) = (new double[Pool], new double[NeedsPool ? Pool : 0]);
        (fittedMean, fittedDeviation) = (new float[settings.Latents], new float[settings.Latents]);
        Array.Fill(fittedDeviation, 1);
    }

    /// <summary>L.</summary>
    public int Latents => settings.Latents;

    /// <summary>All parameters, flat, the encoder's first.</summary>
    public Span<float> Parameters => FlatMemory.Of(parameters);

    private bool NeedsPool => settings.SkewPower != 0 || settings.Fitted;

    private Span<float> OfEncoder => Parameters[..encoder.ParameterCount];

    private Span<float> OfDecoder => Parameters[encoder.ParameterCount..];

    /// <summary>Means of the codes of goals.</summary>
    /// <param name="goals">[M, G].</param>
    /// <param name="means">Receives them, [M, L].</param>
    public void Encode(ReadOnlySpan<float> goals, Span<float> means)
    {
        var count = means.Length / Latents;
        Encode(goals, count);
        for (var row = 0; row < count; row++)
            Mean(row).CopyTo(means.Slice(row * Latents, Latents));
    }

    /// <summary>The goal that a code stands for: means of its values.</summary>
    /// <param name="code">[L].</param>
    /// <param name="goal">Receives it, [G].</param>
    public void Decode(ReadOnlySpan<float> code, Span<float> goal)
    {
        decoding.Forward(OfDecoder, code, 1);
        for (var i = 0; i < goal.Length; i++)
            goal[i] = Sigmoid(decoding.Outputs[i]);
    }

    /// <summary>Imagines a goal: a code from the prior, or from the Gaussian that was fitted.</summary>
    /// <param name="rng">Source of the choice.</param>
    /// <param name="code">Receives it, [L].</param>
    public void Imagine(Rng rng, Span<float> code)
    {
        for (var i = 0; i < code.Length; i++)
            code[i] = (float)(fittedMean[i] + fittedDeviation[i] * rng.NextGaussian());
    }

    /// <summary>Takes so many steps of Adam on what the replay's steps achieved; once an episode.</summary>
    /// <param name="agent">Whose replay.</param>
    /// <param name="steps">How many.</param>
    /// <param name="rng">Source of batches and noise.</param>
    /// <returns>Means over the steps.</returns>
    public GoalAutoencoderFit Learn(GoalAgent agent, int steps, Rng rng)
    {
        if (NeedsPool && sinceRefreshed++ % EpisodesOfPool == 0)
        {
            for (var row = 0; row < Pool; row++)
                agent.AnyAchieved(rng).CopyTo(pool.AsSpan(row * goalSize));
            Refresh(rng);
        }
        var (loss, divergence, reconstruction) = (0.0, 0.0, 0.0);
        for (var step = 0; step < steps; step++)
        {
            for (var row = 0; row < rows; row++)
                (settings.SkewPower == 0 ? agent.AnyAchieved(rng) : Skewed(rng)).CopyTo(batch.AsSpan(row * goalSize));
            foreach (ref var value in noise.AsSpan())
                value = (float)rng.NextGaussian();
            var fit = Gradient(batch, noise, FlatMemory.Of(gradient));
            (loss, divergence, reconstruction) = (loss + fit.Loss / steps, divergence + fit.Divergence / steps, reconstruction + fit.Reconstruction / steps);
            optimizer.StepInPlace(parameters, gradient, moments, settings.LearningRate);
        }
        return new(loss, divergence, reconstruction);
    }

    /// <summary>Mean loss of a batch and its gradient; changes nothing.</summary>
    /// <param name="goals">x, [N, G].</param>
    /// <param name="draws">ε of z = μ + σ·ε, [N, L].</param>
    /// <param name="result">Receives the gradient with respect to the parameters.</param>
    public GoalAutoencoderFit Gradient(ReadOnlySpan<float> goals, ReadOnlySpan<float> draws, Span<float> result)
    {
        var (divergence, reconstruction) = (0.0, 0.0);
        Encode(goals, rows);
        for (var row = 0; row < rows; row++)
        {
            divergence += EvidenceBound.Divergence(Mean(row), LogVariance(row)) / rows;
            Place(row, draws.Slice(row * Latents, Latents), codes.AsSpan(row * Latents, Latents));
        }
        decoding.Forward(OfDecoder, codes, rows);
        for (var row = 0; row < rows; row++)
            reconstruction -= EvidenceBound.Bernoulli(decoding.Outputs.Slice(row * goalSize, goalSize), goals.Slice(row * goalSize, goalSize)) / rows;
        var upstream = decoding.OutputGradient;
        for (var i = 0; i < upstream.Length; i++)
            upstream[i] = (Sigmoid(decoding.Outputs[i]) - goals[i]) / rows;
        decoding.Backward(OfDecoder, codes, result[encoder.ParameterCount..], codeGradient);
        var weight = (float)(settings.Beta / rows);
        for (var row = 0; row < rows; row++)
            for (var i = 0; i < Latents; i++)
            {
                // Through z = μ + σ·ε, and through the divergence.
                var (at, of, logVariance) = (row * 2 * Latents + i, row * Latents + i, LogVariance(row)[i]);
                encoding.OutputGradient[at] = codeGradient[of] + weight * Mean(row)[i];
                encoding.OutputGradient[at + Latents] =
                    0.5f * (codeGradient[of] * draws[of] * MathF.Exp(0.5f * logVariance) + weight * (MathF.Exp(logVariance) - 1));
            }
        encoding.Backward(OfEncoder, goals[..(rows * goalSize)], result[..encoder.ParameterCount]);
        return new(reconstruction + settings.Beta * divergence, divergence, reconstruction);
    }

    /// <summary>
    /// Mean of log p(z) − log q(z|x) + log d(x|z) over ten draws of z: what Skew-Fit's released code takes for log p(x), though it is its lower bound.
    /// </summary>
    /// <param name="goals">x, [M, G].</param>
    /// <param name="rng">Source of the draws.</param>
    /// <param name="result">Receives the means, [M].</param>
    public void Likelihoods(ReadOnlySpan<float> goals, Rng rng, Span<double> result)
    {
        for (var first = 0; first < result.Length; first += Block)
        {
            var count = Math.Min(Block, result.Length - first);
            Encode(goals.Slice(first * goalSize, count * goalSize), count);
            result.Slice(first, count).Clear();
            for (var draw = 0; draw < Draws; draw++)
            {
                for (var row = 0; row < count; row++)
                {
                    var code = blockCodes.AsSpan(row * Latents, Latents);
                    var own = blockNoise.AsSpan(row * Latents, Latents);
                    foreach (ref var value in own)
                        value = (float)rng.NextGaussian();
                    Place(row, own, code);
                    result[first + row] += EvidenceBound.PriorOverPosterior(code, own, LogVariance(row)) / Draws;
                }
                decoding.Forward(OfDecoder, blockCodes, count);
                for (var row = 0; row < count; row++)
                    result[first + row] += EvidenceBound.Bernoulli(
                        decoding.Outputs.Slice(row * goalSize, goalSize), goals.Slice((first + row) * goalSize, goalSize)) / Draws;
            }
        }
    }

    /// <summary>Probabilities proportional to p^power, summed up.</summary>
    /// <param name="logLikelihoods">log p, [M].</param>
    /// <param name="power">The power.</param>
    /// <param name="sums">Receives the sums; the last is 1.</param>
    public static void Skew(ReadOnlySpan<double> logLikelihoods, double power, Span<double> sums)
    {
        var (largest, sum) = (double.NegativeInfinity, 0.0);
        foreach (var value in logLikelihoods)
            largest = Math.Max(largest, power * value);
        for (var i = 0; i < sums.Length; i++)
            sums[i] = sum += Math.Exp(power * logLikelihoods[i] - largest);
        foreach (ref var value in sums)
            value /= sum;
    }

    /// <summary>Writes the whole state.</summary>
    public void Save(CheckpointWriter writer)
    {
        writer.WriteTensor(parameters);
        writer.Write(moments);
        writer.Write(sinceRefreshed);
        writer.Write<float>(pool);
        writer.Write<double>(upTo);
        writer.Write<float>(fittedMean);
        writer.Write<float>(fittedDeviation);
    }

    /// <summary>Restores what <see cref="Save"/> wrote.</summary>
    public void Load(CheckpointReader reader)
    {
        reader.ReadInto(parameters);
        reader.ReadInto(moments);
        sinceRefreshed = reader.ReadInt32();
        reader.ReadInto<float>(pool);
        reader.ReadInto<double>(upTo);
        reader.ReadInto<float>(fittedMean);
        reader.ReadInto<float>(fittedDeviation);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        parameters.Dispose();
        gradient.Dispose();
        moments.Dispose();
    }

    private void Refresh(Rng rng)
    {
        if (settings.SkewPower != 0)
        {
            Likelihoods(pool, rng, likelihoods);
            Skew(likelihoods, settings.SkewPower, upTo);
        }
        if (!settings.Fitted)
            return;
        var means = new float[Pool * Latents];
        Encode(pool, means);
        for (var i = 0; i < Latents; i++)
        {
            var (sum, squares) = (0.0, 0.0);
            for (var at = i; at < means.Length; at += Latents)
                (sum, squares) = (sum + means[at], squares + (double)means[at] * means[at]);
            fittedMean[i] = (float)(sum / Pool);
            fittedDeviation[i] = (float)Math.Sqrt(Math.Max(0, squares / Pool - sum / Pool * (sum / Pool)));
        }
    }

    private ReadOnlySpan<float> Skewed(Rng rng)
    {
        var found = upTo.AsSpan().BinarySearch(rng.NextDouble());
        return pool.AsSpan(Math.Min(found < 0 ? ~found : found, Pool - 1) * goalSize, goalSize);
    }

    private void Encode(ReadOnlySpan<float> goals, int count)
    {
        if (count > capacity)
            (capacity, encoding) = (count, new MlpPass(encoder, count));
        encoding.Forward(OfEncoder, goals, count);
    }

    // Of a row of the encoder's last pass.
    private ReadOnlySpan<float> Mean(int row) => encoding.Outputs.Slice(row * 2 * Latents, Latents);

    private ReadOnlySpan<float> LogVariance(int row) => encoding.Outputs.Slice((row * 2 + 1) * Latents, Latents);

    private void Place(int row, ReadOnlySpan<float> draw, Span<float> code)
    {
        for (var i = 0; i < code.Length; i++)
            code[i] = Mean(row)[i] + MathF.Exp(0.5f * LogVariance(row)[i]) * draw[i];
    }

    private static float Sigmoid(float value) => 1 / (1 + MathF.Exp(-value));
}
