using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Core.Optimizers;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>What a <see cref="NetworkBaseline"/> looks like and how it learns.</summary>
public sealed record NetworkBaselineSettings
{
    /// <summary>Units of each hidden layer.</summary>
    public int[] Hidden { get; init; } = [32];

    /// <summary>After each hidden layer.</summary>
    public Activation Activation { get; init; }

    /// <summary>Step size of Adam.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Passes over each batch.</summary>
    public int Epochs { get; init; } = 5;

    /// <summary>Rows of one gradient step; the last of a pass may have fewer.</summary>
    public int MinibatchSize { get; init; } = 64;
}

/// <summary>
/// A value network that Adam fits to squared errors. Targets are standardised by the moments of all targets so far, so that its step size suits
/// any scale of rewards; those of one batch, which rllab's regressors take, jump with the few episodes it holds.
/// </summary>
public sealed class NetworkBaseline : IBaseline
{
    private readonly NetworkBaselineSettings settings;
    private readonly int observationSize, capacity;
    private readonly ValueNetwork network;
    private readonly Adam optimizer = new(epsilon: 1e-8, style: EpsilonStyle.Pytorch);
    private readonly OptimizerState state;
    private readonly float[] rows, values, gradient;
    private readonly RunningMoments moments = new(1);
    private int[] order = [];
    private Rng rng;

    /// <summary>Makes one that expects 0.</summary>
    /// <param name="observationSize">Values of one observation, O.</param>
    /// <param name="settings">Layers and learning.</param>
    /// <param name="rng">Source of initial weights and of the order of rows.</param>
    public NetworkBaseline(int observationSize, NetworkBaselineSettings settings, Rng rng)
    {
        (this.observationSize, this.settings) = (observationSize, settings);
        capacity = Math.Max(settings.MinibatchSize, 256);
        network = new ValueNetwork(observationSize, settings.Hidden, settings.Activation, capacity, rng.Split("init"));
        state = optimizer.Initial(network.Parameters);
        this.rng = rng.Split("minibatches");
        (rows, values, gradient) = (new float[capacity * observationSize], new float[capacity], new float[capacity]);
    }

    /// <inheritdoc/>
    public void Predict(ReadOnlySpan<float> observations, ReadOnlySpan<int> times, Span<double> values)
    {
        var (mean, deviation) = Scale();
        for (var start = 0; start < values.Length; start += capacity)
        {
            var count = Math.Min(capacity, values.Length - start);
            observations.Slice(start * observationSize, count * observationSize).CopyTo(rows);
            network.Forward(rows, this.values.AsSpan(0, count));
            for (var i = 0; i < count; i++)
                values[start + i] = mean + deviation * this.values[i];
        }
    }

    /// <inheritdoc/>
    public void Fit(ReadOnlySpan<float> observations, ReadOnlySpan<int> times, ReadOnlySpan<double> targets)
    {
        moments.Update(targets);
        var (mean, deviation) = Scale();
        if (order.Length != targets.Length)
            order = new int[targets.Length];
        for (var epoch = 0; epoch < settings.Epochs; epoch++)
        {
            for (var i = 0; i < order.Length; i++)
                order[i] = i;
            rng.Shuffle(order.AsSpan());
            for (var start = 0; start < order.Length; start += settings.MinibatchSize)
            {
                var chosen = order.AsSpan(start, Math.Min(settings.MinibatchSize, order.Length - start));
                for (var i = 0; i < chosen.Length; i++)
                    observations.Slice(chosen[i] * observationSize, observationSize).CopyTo(rows.AsSpan(i * observationSize));
                network.Forward(rows, values.AsSpan(0, chosen.Length));
                // Half the mean squared error.
                for (var i = 0; i < chosen.Length; i++)
                    gradient[i] = (float)((values[i] - (targets[chosen[i]] - mean) / deviation) / chosen.Length);
                network.Backward(gradient.AsSpan(0, chosen.Length));
                optimizer.StepInPlace(network.Parameters, network.Gradient, state, settings.LearningRate);
            }
        }
    }

    /// <inheritdoc/>
    public void Save(CheckpointWriter writer)
    {
        writer.WriteTensor(network.Parameters);
        writer.Write(state);
        moments.Save(writer);
        rng.Save(writer);
    }

    /// <inheritdoc/>
    public void Load(CheckpointReader reader)
    {
        reader.ReadInto(network.Parameters);
        reader.ReadInto(state);
        moments.Load(reader);
        rng = Rng.Load(reader);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        network.Dispose();
        state.Dispose();
    }

    // Nothing before the first fit.
    private (double Mean, double Deviation) Scale() =>
        moments.Count < 1 ? (0, 0) : (moments.Mean[0], Math.Sqrt(moments.Variance[0]) + 1e-8);
}
