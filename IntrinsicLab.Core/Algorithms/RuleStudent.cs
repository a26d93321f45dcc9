using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Core.Optimizers;
using TorchSharp;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Policy and predictions that a learned rule moves: two tables, or two networks. Rows of a rollout are time-major.</summary>
internal interface IRuleStudent : IDisposable
{
    /// <summary>Values of one row of <see cref="Predictions"/>: m, 1 for state values, 0 for none.</summary>
    int Width { get; }

    /// <summary>Logits of the policy as the last forward pass had them, [N, A].</summary>
    ReadOnlySpan<float> Logits { get; }

    /// <summary>Logits of the predictions, or state values, of the last forward pass, [N, <see cref="Width"/>].</summary>
    ReadOnlySpan<float> Predictions { get; }

    /// <summary>Euclidean norm of all that is learned; not finite where a number of it is not.</summary>
    double ParameterNorm();

    /// <summary>Looks policy and predictions up.</summary>
    /// <param name="observations">As the environment gave them, [N, O].</param>
    /// <param name="rows">N, at most the environments.</param>
    void Forward(ReadOnlySpan<float> observations, int rows);

    /// <summary>As <see cref="Forward"/>, of all environments, and keeps what it saw for <see cref="Improve"/>.</summary>
    /// <param name="observations">[B, O].</param>
    /// <param name="step">Step of the rollout.</param>
    void Act(ReadOnlySpan<float> observations, int step);

    /// <summary>One step down the gradient over the rollout that was acted.</summary>
    /// <param name="policyGradient">Derivative of the loss with respect to the policy's logits, [T·B, A].</param>
    /// <param name="predictionGradient">
    /// Derivative with respect to the predictions' logits; for state values that of half their squared error, not divided by T·B,
    /// [T·B, <see cref="Width"/>].
    /// </param>
    /// <param name="learningRate">α.</param>
    /// <returns>Euclidean norm of the gradient.</returns>
    double Improve(ReadOnlySpan<float> policyGradient, ReadOnlySpan<float> predictionGradient, double learningRate);

    /// <summary>Writes all that is learned.</summary>
    void Save(CheckpointWriter writer);

    /// <summary>Restores what <see cref="Save"/> wrote.</summary>
    void Load(CheckpointReader reader);
}

/// <summary>A row of logits and one of predictions for every state, moved by plain gradient steps.</summary>
internal sealed class RuleTables : IRuleStudent
{
    private const int MostVisits = 4;

    private readonly StateTable table;
    private readonly int environments, actions;
    private readonly bool values;
    private readonly float[] policy, prediction, policyChange, predictionChange, logits, predictions;
    private readonly int[] present, rollout, visits, touched, times;
    private int rows;

    /// <summary>Makes the tables: logits 0, predictions 0.1·N(0, 1), state values 0.</summary>
    /// <param name="table">The states.</param>
    /// <param name="actions">A.</param>
    /// <param name="width">Values of a prediction.</param>
    /// <param name="values">Predictions are state values.</param>
    /// <param name="steps">Steps of a rollout, T.</param>
    /// <param name="environments">B.</param>
    /// <param name="rng">Source of the first predictions.</param>
    public RuleTables(StateTable table, int actions, int width, bool values, int steps, int environments, Rng rng)
    {
        (this.table, this.actions, Width, this.values, this.environments) = (table, actions, width, values, environments);
        (policy, policyChange) = (new float[table.States * actions], new float[table.States * actions]);
        (prediction, predictionChange) = (new float[table.States * width], new float[table.States * width]);
        (logits, predictions) = (new float[environments * actions], new float[environments * width]);
        (present, rollout) = (new int[environments], new int[steps * environments]);
        (visits, times, touched) = (new int[table.States], new int[table.States], new int[Math.Min(table.States, rollout.Length)]);
        for (var i = 0; i < prediction.Length && !values; i++)
            prediction[i] = (float)(0.1 * rng.NextGaussian());
    }

    /// <summary>Θ, logits of the policy, [S, A].</summary>
    public Span<float> Policy => policy;

    /// <summary>Z, logits of the predictions, or state values, [S, <see cref="Width"/>].</summary>
    public Span<float> Prediction => prediction;

    /// <summary>How often training acted in each state, [S].</summary>
    public ReadOnlySpan<int> Visits => visits;

    /// <summary>States of the last rollout, [T, B].</summary>
    public ReadOnlySpan<int> States => rollout;

    public int Width { get; }

    public ReadOnlySpan<float> Logits => logits.AsSpan(0, rows * actions);

    public ReadOnlySpan<float> Predictions => predictions.AsSpan(0, rows * Width);

    public double ParameterNorm() => Math.Sqrt(FlatMemory.Dot(policy, policy) + FlatMemory.Dot(prediction, prediction));

    public void Forward(ReadOnlySpan<float> observations, int rows)
    {
        this.rows = rows;
        var size = observations.Length / rows;
        for (var row = 0; row < rows; row++)
        {
            var state = present[row] = table.StateOf(observations.Slice(row * size, size));
            policy.AsSpan(state * actions, actions).CopyTo(logits.AsSpan(row * actions));
            prediction.AsSpan(state * Width, Width).CopyTo(predictions.AsSpan(row * Width));
        }
    }

    public void Act(ReadOnlySpan<float> observations, int step)
    {
        Forward(observations, environments);
        present.CopyTo(rollout, step * environments);
    }

    public double Improve(ReadOnlySpan<float> policyGradient, ReadOnlySpan<float> predictionGradient, double learningRate)
    {
        var count = 0;
        for (var row = 0; row < rollout.Length; row++)
        {
            var state = rollout[row];
            if (times[state]++ == 0)
                touched[count++] = state;
            FlatMemory.Add(policyGradient.Slice(row * actions, actions), policyChange.AsSpan(state * actions, actions));
            FlatMemory.Add(predictionGradient.Slice(row * Width, Width), predictionChange.AsSpan(state * Width, Width));
        }
        var squares = 0.0;
        foreach (var state in touched.AsSpan(0, count))
        {
            squares += Descend(policy, policyChange, state, actions, (float)learningRate);
            // The way of a value to the mean of its targets does not depend on how large a share of the rollout its state has.
            squares += values
                ? Descend(prediction, predictionChange, state, 1, (float)(1 - Math.Pow(0.5, Math.Min(times[state], MostVisits))) / times[state])
                : Descend(prediction, predictionChange, state, Width, (float)learningRate);
            visits[state] += times[state];
            times[state] = 0;
        }
        return Math.Sqrt(squares);
    }

    public void Save(CheckpointWriter writer)
    {
        writer.Write<float>(policy);
        writer.Write<float>(prediction);
        writer.Write<int>(visits);
    }

    public void Load(CheckpointReader reader)
    {
        reader.ReadInto<float>(policy);
        reader.ReadInto<float>(prediction);
        reader.ReadInto<int>(visits);
    }

    public void Dispose()
    {
    }

    private static double Descend(float[] parameters, float[] gradient, int state, int width, float learningRate)
    {
        Span<float> row = parameters.AsSpan(state * width, width), slope = gradient.AsSpan(state * width, width);
        var squares = 0.0;
        for (var i = 0; i < width; i++)
        {
            row[i] -= learningRate * slope[i];
            squares += (double)slope[i] * slope[i];
        }
        slope.Clear();
        return squares;
    }
}

/// <summary>A network for the policy and one for the predictions, moved by Adam. Both lie in main memory, whatever the run's device.</summary>
internal sealed class RuleNetworks : IRuleStudent
{
    private readonly int environments, rows, observationSize;
    private readonly float? valueWeight;
    private readonly ObservationNetwork policy;
    private readonly ObservationNetwork? prediction;
    private readonly torch.Tensor parameters, gradient;
    private readonly Adam optimizer = new(1e-8, EpsilonStyle.Pytorch);
    private readonly OptimizerState optimizerState;
    private readonly float[] observations, scaled;

    /// <summary>Makes the networks: orthogonal weights, output scale 0.01 for the policy, 0.1 for predictions and 1 for state values.</summary>
    /// <param name="shape">What both look like.</param>
    /// <param name="width">Values of a prediction; 0 for none.</param>
    /// <param name="valueWeight">Weight of the error of state values; null where predictions are none.</param>
    /// <param name="steps">Steps of a rollout, T.</param>
    /// <param name="environments">B.</param>
    /// <param name="rng">Source of the weights.</param>
    public RuleNetworks(ActorCriticShape shape, int width, double? valueWeight, int steps, int environments, Rng rng)
    {
        (Width, this.environments, rows) = (width, environments, steps * environments);
        this.valueWeight = (float?)(valueWeight / rows);
        observationSize = shape.Observation.Aggregate((left, right) => left * right);
        policy = new ObservationNetwork(shape, shape.Actions, rows);
        prediction = width == 0 ? null : new ObservationNetwork(shape, width, rows);
        var memory = new float[policy.ParameterCount + (prediction?.ParameterCount ?? 0)];
        policy.Initialise(memory, rng, 0.01);
        prediction?.Initialise(memory.AsSpan(policy.ParameterCount), rng, valueWeight is null ? 0.1 : 1);
        parameters = FlatMemory.ToTensor(memory, [memory.Length], torch.CPU);
        using (torch.no_grad())
            gradient = torch.zeros_like(parameters);
        optimizerState = optimizer.Initial(parameters);
        (observations, scaled) = (new float[rows * observationSize], new float[valueWeight is null ? 0 : rows]);
    }

    /// <summary>Both networks' parameters, the policy's first.</summary>
    public torch.Tensor Parameters => parameters;

    /// <summary>Gradient of the last step, flat.</summary>
    public ReadOnlySpan<float> Gradient => FlatMemory.Of(gradient);

    /// <summary>Observations of the last rollout, [T, B, O].</summary>
    public ReadOnlySpan<float> Observations => observations;

    public int Width { get; }

    public ReadOnlySpan<float> Logits => policy.Outputs;

    public ReadOnlySpan<float> Predictions => prediction is null ? [] : prediction.Outputs;

    private Span<float> Memory => FlatMemory.Of(parameters);

    public double ParameterNorm() => FlatMemory.Norm(Memory);

    public void Forward(ReadOnlySpan<float> observations, int rows)
    {
        policy.Forward(Memory, observations, rows);
        prediction?.Forward(Memory[policy.ParameterCount..], observations, rows);
    }

    public void Act(ReadOnlySpan<float> observations, int step)
    {
        observations.CopyTo(this.observations.AsSpan(step * environments * observationSize));
        Forward(observations, environments);
    }

    public double Improve(ReadOnlySpan<float> policyGradient, ReadOnlySpan<float> predictionGradient, double learningRate)
    {
        // Acting kept no more than its own rows: the whole rollout goes forward once again, for the way back.
        Forward(observations, rows);
        var target = FlatMemory.Of(gradient);
        policy.Backward(Memory, observations, policyGradient, target);
        if (valueWeight is { } weight)
        {
            predictionGradient.CopyTo(scaled);
            FlatMemory.Scale(scaled, weight);
            predictionGradient = scaled;
        }
        prediction?.Backward(Memory[policy.ParameterCount..], observations, predictionGradient, target[policy.ParameterCount..]);
        var norm = FlatMemory.Norm(target);
        optimizer.StepInPlace(parameters, gradient, optimizerState, learningRate);
        return norm;
    }

    public void Save(CheckpointWriter writer)
    {
        writer.WriteTensor(parameters);
        writer.Write(optimizerState);
    }

    public void Load(CheckpointReader reader)
    {
        reader.ReadInto(parameters);
        reader.ReadInto(optimizerState);
    }

    public void Dispose()
    {
        parameters.Dispose();
        gradient.Dispose();
        optimizerState.Dispose();
    }
}
