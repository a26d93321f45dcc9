using IntrinsicLab.Core.Formulas;
using static TorchSharp.torch;

namespace IntrinsicLab.Core.Networks;

/// <summary>What the last layer of a <see cref="BottleneckReward"/> puts out.</summary>
public enum RewardOutput
{
    /// <summary>Any number.</summary>
    Linear,

    /// <summary>From −1 to 1.</summary>
    Tanh,
}

/// <summary>
/// A learned reward r(s, a) of observation and action side by side (discrete actions one-hot), whose last hidden layer is narrow and has no
/// activation, so that the weights of the last two layers are few enough to be another network's input (Stadie, Zhang and Ba 2020, section
/// on the architecture). These weights are the tail of the flat parameters: W, b of the narrow layer, then W, b of the last.
/// </summary>
/// <remarks>Works in main memory; over tensors and over plain memory, as <see cref="Mlp"/>.</remarks>
public sealed class BottleneckReward : IDisposable
{
    private readonly Mlp body, head;
    private readonly MlpPass bodyPass, headPass;
    private readonly RewardOutput output;
    private readonly int observationSize, actions;
    private readonly bool continuous;
    private readonly Tensor parameters, gradient;
    private readonly float[] input, rewards;
    private int rows;

    /// <summary>Makes and initialises the network: orthogonal weights, both last layers at scale 1.</summary>
    /// <param name="shape">Observations, actions and hidden layers before the narrow one.</param>
    /// <param name="width">Units of the narrow layer, K.</param>
    /// <param name="output">What the last layer puts out.</param>
    /// <param name="capacity">Most rows of one pass.</param>
    /// <param name="rng">Source of the initial weights.</param>
    /// <param name="outputScale">Scale of the last layer's weights.</param>
    public BottleneckReward(ActorCriticShape shape, int width, RewardOutput output, int capacity, Rng rng, double outputScale = 1)
    {
        (this.output, actions, continuous) = (output, shape.Actions, shape.Continuous);
        observationSize = shape.Observation.Aggregate((left, right) => left * right);
        body = new Mlp(observationSize + actions, shape.Hidden, width, shape.Activation);
        head = new Mlp(width, [], 1, shape.Activation);
        var memory = new float[body.ParameterCount + head.ParameterCount];
        body.Initialise(memory, rng, (width, 1.0));
        head.Initialise(memory.AsSpan(body.ParameterCount), rng, (1, outputScale));
        parameters = FlatMemory.ToTensor(memory, [memory.Length], CPU);
        using (no_grad())
            gradient = zeros_like(parameters);
        ConditionOffset = body.Layers[^1].Offset;
        (bodyPass, headPass) = (new MlpPass(body, capacity), new MlpPass(head, capacity));
        (input, rewards) = (new float[capacity * body.Inputs], new float[capacity]);
    }

    /// <summary>All parameters η, flat.</summary>
    public Tensor Parameters => parameters;

    /// <summary>Gradient with respect to all parameters, flat; <see cref="Backward"/> fills it.</summary>
    public Tensor Gradient => gradient;

    /// <summary>Where the weights of the last two layers begin in the flat parameters; they reach to the end.</summary>
    public int ConditionOffset { get; }

    /// <summary>How many these are, D.</summary>
    public int ConditionSize => body.ParameterCount + head.ParameterCount - ConditionOffset;

    /// <summary>The weights of the last two layers, [D].</summary>
    public ReadOnlySpan<float> Condition => FlatMemory.Of(parameters)[ConditionOffset..];

    /// <summary>Euclidean norm of all parameters; not finite where one of them is not.</summary>
    public double ParameterNorm() => FlatMemory.Norm(FlatMemory.Of(parameters));

    /// <summary>Rewards as a pure function of the parameters, differentiable any number of times.</summary>
    /// <param name="parameters">η, flat.</param>
    /// <param name="steps">Observation and action side by side, [N, O + A].</param>
    /// <returns>[N].</returns>
    public Tensor Forward(Tensor parameters, Tensor steps)
    {
        var narrow = body.Forward(parameters.narrow(0, 0, body.ParameterCount), steps);
        var result = head.Forward(parameters.narrow(0, body.ParameterCount, head.ParameterCount), narrow).squeeze(1);
        return output == RewardOutput.Tanh ? result.tanh() : result;
    }

    /// <summary>Computes the rewards of steps.</summary>
    /// <param name="observations">[N, O].</param>
    /// <param name="taken">[N, A], or [N] indices.</param>
    /// <param name="result">Receives the rewards, [N].</param>
    public void Forward(ReadOnlySpan<float> observations, ReadOnlySpan<float> taken, Span<float> result)
    {
        rows = result.Length;
        var memory = FlatMemory.Of(parameters);
        SideBySide(observations, taken);
        bodyPass.Forward(memory, input, rows);
        headPass.Forward(memory[body.ParameterCount..], bodyPass.Outputs, rows);
        headPass.Outputs.CopyTo(rewards);
        if (output == RewardOutput.Tanh)
            Activation.Tanh.Apply(rewards.AsSpan(0, rows));
        rewards.AsSpan(0, rows).CopyTo(result);
    }

    /// <summary>Fills <see cref="Gradient"/> with that of a loss which depends on the last forward pass.</summary>
    /// <param name="rewardGradient">Derivative of the loss with respect to the rewards, [N].</param>
    public void Backward(ReadOnlySpan<float> rewardGradient)
    {
        var memory = FlatMemory.Of(parameters);
        var target = FlatMemory.Of(gradient);
        rewardGradient.CopyTo(headPass.OutputGradient);
        if (output == RewardOutput.Tanh)
            Activation.Tanh.Backward(rewards.AsSpan(0, rows), headPass.OutputGradient);
        headPass.Backward(memory[body.ParameterCount..], bodyPass.Outputs, target[body.ParameterCount..], bodyPass.OutputGradient);
        bodyPass.Backward(memory, input.AsSpan(0, rows * body.Inputs), target);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        parameters.Dispose();
        gradient.Dispose();
    }

    private void SideBySide(ReadOnlySpan<float> observations, ReadOnlySpan<float> taken)
    {
        for (var row = 0; row < rows; row++)
        {
            var target = input.AsSpan(row * body.Inputs, body.Inputs);
            observations.Slice(row * observationSize, observationSize).CopyTo(target);
            var done = target[observationSize..];
            if (continuous)
            {
                taken.Slice(row * actions, actions).CopyTo(done);
                continue;
            }
            done.Clear();
            done[(int)taken[row]] = 1;
        }
    }
}
