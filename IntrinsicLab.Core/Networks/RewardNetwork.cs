using IntrinsicLab.Core.Formulas;
using TorchSharp;
using static TorchSharp.torch;

namespace IntrinsicLab.Core.Networks;

/// <summary>
/// A learned reward r(s, a) = tanh(·) and the state-value function trained beside it, all parameters in one flat tensor: reward, then value
/// (Zheng, Oh and Singh 2018, and the code they released). Discrete actions: one output per action, the taken action's counts. Continuous
/// actions: one output, fully connected, on observation and action side by side. With discrete actions, reward and value share all layers
/// but the last where the shape says so; networks with convolutions always do.
/// </summary>
/// <remarks>
/// Works on rows of a rollout that it was shown once, so that a gradient step costs the rows it depends on. As with <see cref="Mlp"/> the
/// function comes twice, over tensors and over plain memory.
/// </remarks>
public sealed class RewardNetwork : IDisposable
{
    private readonly ActorCriticShape shape;
    private readonly Device device;
    private readonly Part[] parts;
    private readonly Tensor parameters;
    private readonly Tensor gradient;
    private readonly bool fast;
    private readonly int observationSize;
    private readonly float[] mirror;
    private readonly float[] rewards;
    private readonly int[] taken;
    private readonly int[] place;
    private readonly int[] valueRows;
    private readonly int[] rewardRows;
    private float[] observations = [], actions = [], beside = [];
    private int valueCount, rewardCount;
    private bool mirrorIsStale;

    /// <summary>Makes and initialises the networks: orthogonal weights, output scale 1 for both.</summary>
    /// <param name="shape">Observations, actions and layers; those of the policy's network.</param>
    /// <param name="capacity">Most rows that are shown at once.</param>
    /// <param name="rng">Source of the initial weights.</param>
    /// <param name="device">Where the parameters live.</param>
    /// <param name="engine">Who computes gradients.</param>
    public RewardNetwork(ActorCriticShape shape, int capacity, Rng rng, Device device, GradientEngine engine = GradientEngine.Auto)
    {
        (this.shape, this.device) = (shape, device);
        observationSize = shape.Observation.Aggregate((left, right) => left * right);
        Shared = !shape.Continuous && (shape.Shared || shape.Convolutional);
        parts = Shared ? [Part.Of(shape, shape.Actions + 1, capacity)]
            : shape.Continuous
                ? [new Part(new Mlp(observationSize + shape.Actions, shape.Hidden, 1, shape.Activation), capacity), Part.Of(shape, 1, capacity)]
                : [Part.Of(shape, shape.Actions, capacity), Part.Of(shape, 1, capacity)];
        var count = parts.Sum(part => part.ParameterCount);
        mirror = new float[count];
        if (Shared)
            parts[0].Initialise(mirror, rng, (shape.Actions, 1.0), (1, 1.0));
        else
        {
            parts[0].Initialise(mirror, rng, (parts[0].Outputs, 1.0));
            parts[1].Initialise(mirror.AsSpan(parts[0].ParameterCount), rng, (1, 1.0));
        }
        parameters = FlatMemory.ToTensor(mirror, [count], device);
        using (no_grad())
            gradient = zeros_like(parameters);
        fast = device.type == DeviceType.CPU && engine == GradientEngine.Auto;
        rewards = new float[capacity];
        (taken, place, valueRows, rewardRows) = (new int[capacity], new int[capacity], new int[capacity], new int[capacity]);
    }

    /// <summary>Reward and value share all layers but the last.</summary>
    public bool Shared { get; }

    /// <summary>All parameters, flat. Whoever changes them calls <see cref="ParametersChanged"/>.</summary>
    public Tensor Parameters => parameters;

    /// <summary>Gradient of the last <see cref="Backward"/>, flat.</summary>
    public Tensor Gradient => gradient;

    /// <summary>How many parameters, from the first on, the reward depends on.</summary>
    public int RewardParameterCount => parts[0].ParameterCount;

    /// <summary>Euclidean norm of all parameters; not finite where one of them is not.</summary>
    public double ParameterNorm() => FlatMemory.Norm(Memory());

    /// <summary>Tells that <see cref="Parameters"/> hold new numbers.</summary>
    public void ParametersChanged() => mirrorIsStale = true;

    /// <summary>Rewards and values as a pure function of the parameters, differentiable any number of times.</summary>
    /// <param name="parameters">Flat.</param>
    /// <param name="observations">[N, O].</param>
    /// <param name="actions">[N, A], or [N] indices as int64.</param>
    /// <returns>Rewards [N] and values [N].</returns>
    public (Tensor Rewards, Tensor Values) Forward(Tensor parameters, Tensor observations, Tensor actions)
    {
        if (Shared)
        {
            var both = parts[0].Forward(parameters, observations);
            return (Taken(both, actions).tanh(), both.narrow(1, shape.Actions, 1).squeeze(1));
        }
        var (first, second) = (parts[0].ParameterCount, parts[1].ParameterCount);
        var output = parts[0].Forward(parameters.narrow(0, 0, first), shape.Continuous ? cat([observations, actions], 1) : observations);
        return (
            (shape.Continuous ? output.squeeze(1) : Taken(output, actions)).tanh(),
            parts[1].Forward(parameters.narrow(0, first, second), observations).squeeze(1));
    }

    /// <summary>Takes over the steps that <see cref="Forward(ReadOnlySpan{int}, ReadOnlySpan{int}, Span{float}, Span{float})"/> speaks of.</summary>
    /// <param name="observations">[N, O], kept, not copied.</param>
    /// <param name="actions">[N, A], or [N] indices, kept, not copied.</param>
    public void Show(float[] observations, float[] actions)
    {
        (this.observations, this.actions) = (observations, actions);
        if (!shape.Continuous)
            return;
        var (rows, width) = (observations.Length / observationSize, observationSize + shape.Actions);
        if (beside.Length != rows * width)
            beside = new float[rows * width];
        for (var row = 0; row < rows; row++)
        {
            observations.AsSpan(row * observationSize, observationSize).CopyTo(beside.AsSpan(row * width));
            actions.AsSpan(row * shape.Actions, shape.Actions).CopyTo(beside.AsSpan(row * width + observationSize));
        }
    }

    /// <summary>Computes the rewards of some of the steps shown, and the values of some of these.</summary>
    /// <param name="rewardRows">Steps whose reward is wanted.</param>
    /// <param name="valueRows">Steps whose value is wanted; each is among <paramref name="rewardRows"/>.</param>
    /// <param name="rewards">Receives the rewards, in the order of their steps.</param>
    /// <param name="values">Receives the values, in the order of theirs.</param>
    public void Forward(ReadOnlySpan<int> rewardRows, ReadOnlySpan<int> valueRows, Span<float> rewards, Span<float> values)
    {
        (rewardCount, valueCount) = (rewardRows.Length, valueRows.Length);
        rewardRows.CopyTo(this.rewardRows);
        valueRows.CopyTo(this.valueRows);
        var memory = Memory();
        parts[0].Forward(memory, shape.Continuous ? beside : observations, rewardRows);
        var width = parts[0].Outputs;
        var outputs = parts[0].Output;
        if (shape.Continuous)
            outputs.CopyTo(this.rewards);
        else
            for (var i = 0; i < rewardCount; i++)
            {
                taken[i] = i * width + (int)actions[rewardRows[i]];
                this.rewards[i] = outputs[taken[i]];
            }
        Activation.Tanh.Apply(this.rewards.AsSpan(0, rewardCount));
        this.rewards.AsSpan(0, rewardCount).CopyTo(rewards);
        if (Shared)
        {
            for (var i = 0; i < rewardCount; i++)
                place[rewardRows[i]] = i;
            for (var i = 0; i < valueCount; i++)
                values[i] = outputs[place[valueRows[i]] * width + shape.Actions];
            return;
        }
        parts[1].Forward(memory[parts[0].ParameterCount..], observations, valueRows);
        parts[1].Output.CopyTo(values);
    }

    /// <summary>Reward of one step that was not shown. Whoever goes on with the steps shown starts again at their forward pass.</summary>
    /// <param name="observation">[O].</param>
    /// <param name="action">[A], or the index.</param>
    public float Of(ReadOnlySpan<float> observation, ReadOnlySpan<float> action)
    {
        float[] step = shape.Continuous ? [.. observation, .. action] : observation.ToArray();
        parts[0].Forward(Memory(), step, [0]);
        Span<float> result = [parts[0].Output[shape.Continuous ? 0 : (int)action[0]]];
        Activation.Tanh.Apply(result);
        return result[0];
    }

    /// <summary>Values of observations that were not shown.</summary>
    /// <param name="observations">[N, O], N at most the capacity.</param>
    /// <param name="values">Receives the values, [N].</param>
    public void Values(float[] observations, Span<float> values)
    {
        var rows = new int[observations.Length / observationSize];
        for (var row = 0; row < rows.Length; row++)
            rows[row] = row;
        var part = parts[^1];
        part.Forward(Memory()[(mirror.Length - part.ParameterCount)..], observations, rows);
        for (var row = 0; row < rows.Length; row++)
            values[row] = part.Output[(row + 1) * part.Outputs - 1];
    }

    /// <summary>Fills <see cref="Gradient"/> with that of a loss which depends on the last forward pass.</summary>
    /// <param name="rewardGradient">Derivative of the loss with respect to the rewards, in their order.</param>
    /// <param name="valueGradient">Derivative with respect to the values, in their order.</param>
    public void Backward(ReadOnlySpan<float> rewardGradient, ReadOnlySpan<float> valueGradient)
    {
        if (!fast)
        {
            BackwardAutograd(rewardGradient, valueGradient);
            return;
        }
        var memory = Memory();
        var target = FlatMemory.Of(gradient);
        var upstream = parts[0].OutputGradient;
        if (shape.Continuous)
        {
            rewardGradient.CopyTo(upstream);
            Activation.Tanh.Backward(rewards, upstream);
        }
        else
        {
            upstream.Clear();
            for (var i = 0; i < rewardCount; i++)
                upstream[taken[i]] = rewardGradient[i] * (1 - rewards[i] * rewards[i]);
        }
        if (Shared)
            for (var i = 0; i < valueCount; i++)
                upstream[place[valueRows[i]] * parts[0].Outputs + shape.Actions] = valueGradient[i];
        if (!Shared && !rewardGradient.ContainsAnyExcept(0f))
            target[..parts[0].ParameterCount].Clear();
        else
            parts[0].Backward(memory, target);
        if (!Shared)
        {
            valueGradient.CopyTo(parts[1].OutputGradient);
            parts[1].Backward(memory[parts[0].ParameterCount..], target[parts[0].ParameterCount..]);
        }
    }

    /// <summary>
    /// Euclidean norm of <see cref="Gradient"/> over the parameters that nothing but the reward depends on: its whole network, or its outputs'
    /// weights where it shares the layers before them.
    /// </summary>
    public double RewardGradientNorm()
    {
        using var held = device.type == DeviceType.CPU ? null : FlatMemory.Held(gradient);
        var values = FlatMemory.Of(held ?? gradient);
        if (!Shared)
            return FlatMemory.Norm(values[..parts[0].ParameterCount]);
        var last = parts[0].LastLayer;
        var squares = 0.0;
        for (var row = 0; row <= last.Inputs; row++)
            for (var column = 0; column < shape.Actions; column++)
                squares += (double)values[last.Offset + row * last.Outputs + column] * values[last.Offset + row * last.Outputs + column];
        return Math.Sqrt(squares);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        parameters.Dispose();
        gradient.Dispose();
    }

    private void BackwardAutograd(ReadOnlySpan<float> rewardGradient, ReadOnlySpan<float> valueGradient)
    {
        using var scope = NewDisposeScope();
        var eta = parameters.detach().requires_grad_(true);
        var rows = rewardRows.AsSpan(0, rewardCount);
        var seen = FlatMemory.ToTensor(Gathered(observations, observationSize, rows), [rewardCount, observationSize], device);
        var done = shape.Continuous
            ? FlatMemory.ToTensor(Gathered(actions, shape.Actions, rows), [rewardCount, shape.Actions], device)
            : tensor([.. Gathered(actions, 1, rows).Select(index => (long)index)]).to(device);
        for (var i = 0; i < rewardCount; i++)
            place[rows[i]] = i;
        var spread = new float[rewardCount];
        for (var i = 0; i < valueCount; i++)
            spread[place[valueRows[i]]] = valueGradient[i];
        var outputs = Forward(eta, seen, done);
        var result = autograd.grad(
            [outputs.Rewards, outputs.Values], [eta],
            [FlatMemory.ToTensor(rewardGradient, [rewardCount], device), FlatMemory.ToTensor(spread, [rewardCount], device)])[0];
        using (no_grad())
            gradient.copy_(result);
    }

    private static float[] Gathered(float[] source, int width, ReadOnlySpan<int> rows)
    {
        var gathered = new float[rows.Length * width];
        for (var i = 0; i < rows.Length; i++)
            source.AsSpan(rows[i] * width, width).CopyTo(gathered.AsSpan(i * width));
        return gathered;
    }

    private static Tensor Taken(Tensor outputs, Tensor actions) => outputs.gather(1, actions.unsqueeze(1)).squeeze(1);

    private ReadOnlySpan<float> Memory()
    {
        if (device.type == DeviceType.CPU)
            return FlatMemory.Of(parameters);
        if (mirrorIsStale)
        {
            using var copy = FlatMemory.Held(parameters);
            FlatMemory.Of(copy).CopyTo(mirror);
            mirrorIsStale = false;
        }
        return mirror;
    }

    /// <summary>One network, with convolutions or without, over rows gathered from a larger array.</summary>
    private sealed class Part
    {
        private readonly Mlp? mlp;
        private readonly MlpPass? mlpPass;
        private readonly NatureCnn? cnn;
        private readonly NatureCnnPass? cnnPass;
        private readonly int capacity;
        private float[] gathered = [];
        private float[] input = [];
        private int rows;

        public Part(Mlp mlp, int capacity) => (this.mlp, mlpPass, this.capacity) = (mlp, new MlpPass(mlp, capacity), capacity);

        private Part(NatureCnn cnn, int capacity) => (this.cnn, cnnPass, this.capacity) = (cnn, new NatureCnnPass(cnn, capacity), capacity);

        public int Outputs => cnn?.Outputs ?? mlp!.Outputs;

        public int ParameterCount => cnn?.ParameterCount ?? mlp!.ParameterCount;

        public DenseLayer LastLayer =>
            cnn is null ? mlp!.Layers[^1] : cnn.Dense.Layers[^1] with { Offset = cnn.ConvolutionParameters + cnn.Dense.Layers[^1].Offset };

        public ReadOnlySpan<float> Output => cnnPass is null ? mlpPass!.Outputs : cnnPass.Outputs;

        public Span<float> OutputGradient => cnnPass is null ? mlpPass!.OutputGradient : cnnPass.OutputGradient;

        private int Inputs => mlp?.Inputs ?? cnn!.Inputs;

        public static Part Of(ActorCriticShape shape, int outputs, int capacity) => shape.Convolutional
            ? new Part(new NatureCnn(shape.Observation, outputs), capacity)
            : new Part(new Mlp(shape.Observation.Aggregate((left, right) => left * right), shape.Hidden, outputs, shape.Activation), capacity);

        public void Initialise(Span<float> memory, Rng rng, params ReadOnlySpan<(int Outputs, double Scale)> heads)
        {
            mlp?.Initialise(memory, rng, heads);
            cnn?.Initialise(memory, rng, heads);
        }

        public Tensor Forward(Tensor parameters, Tensor input) => mlp is null ? cnn!.Forward(parameters, input) : mlp.Forward(parameters, input);

        public void Forward(ReadOnlySpan<float> memory, float[] source, ReadOnlySpan<int> rows)
        {
            this.rows = rows.Length;
            var width = Inputs;
            if (source.Length == rows.Length * width && InOrder(rows))
                input = source;
            else
            {
                if (gathered.Length == 0)
                    gathered = new float[capacity * width];
                // Rows that follow each other are copied as one.
                for (var (i, next) = (0, 0); i < rows.Length; i = next)
                {
                    for (next = i + 1; next < rows.Length && rows[next] == rows[next - 1] + 1; next++)
                    {
                    }
                    source.AsSpan(rows[i] * width, (next - i) * width).CopyTo(gathered.AsSpan(i * width));
                }
                input = gathered;
            }
            mlpPass?.Forward(memory, input, rows.Length);
            cnnPass?.Forward(memory, input, rows.Length);
        }

        private static bool InOrder(ReadOnlySpan<int> rows)
        {
            for (var i = 0; i < rows.Length; i++)
                if (rows[i] != i)
                    return false;
            return true;
        }

        public void Backward(ReadOnlySpan<float> memory, Span<float> gradient)
        {
            mlpPass?.Backward(memory, input, gradient);
            cnnPass?.Backward(memory, input.AsSpan(0, rows * Inputs), gradient);
        }
    }
}
