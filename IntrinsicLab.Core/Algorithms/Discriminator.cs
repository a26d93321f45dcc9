using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Core.Optimizers;
using static TorchSharp.torch;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Which skills there are, and how they are drawn; the prior is never learned.</summary>
public enum SkillPrior
{
    /// <summary>One of n, each as likely.</summary>
    Categorical,

    /// <summary>A point of the square [−1, 1]², each as likely.</summary>
    Uniform2d,
}

/// <summary>What a <see cref="Discriminator"/> looks like.</summary>
public sealed record DiscriminatorSettings
{
    /// <summary>Which skills there are.</summary>
    public SkillPrior Prior { get; init; }

    /// <summary>n, number of skills of a categorical prior.</summary>
    public int Skills { get; init; } = 50;

    /// <summary>Units of each hidden layer, ReLU.</summary>
    public int[] Hidden { get; init; } = [64, 64];

    /// <summary>Step size of Adam.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>σ of q for skills that are points.</summary>
    public double Deviation { get; init; } = 0.3;
}

/// <summary>How well a minibatch was told apart before a <see cref="Discriminator"/> learnt from it.</summary>
/// <param name="Loss">Mean of −log q(ω|s), in nats.</param>
/// <param name="Accuracy">Share of states whose most likely skill is theirs; of points, whose mean lies within two deviations along both axes.</param>
public readonly record struct DiscriminatorFit(double Loss, double Accuracy);

/// <summary>
/// q(ω|s): tells from a state which skill led there, and the prior p(ω) beside it (Eysenbach et al. 2018, DIAYN; Liu, Wang, Tian and Chen 2022, GPIM).
/// A softmax over n skills, or a Gaussian of fixed deviation around tanh of a network for skills that are points.
/// </summary>
/// <remarks>A skill is kept as <see cref="SkillValues"/> numbers: its index, or its coordinates. Networks are given its code, see <see cref="Encode"/>.</remarks>
public sealed class Discriminator : IDisposable
{
    private const double Lowest = -20;

    private readonly DiscriminatorSettings settings;
    private readonly Mlp network;
    private readonly Tensor parameters, gradient;
    private readonly Adam optimizer = new(epsilon: 1e-8, style: EpsilonStyle.Pytorch);
    private readonly OptimizerState moments;
    private MlpPass pass;
    private int capacity = 64;

    /// <summary>Makes and initialises the network.</summary>
    /// <param name="settings">What it looks like.</param>
    /// <param name="inputs">Values of a state as it sees it, S.</param>
    /// <param name="rng">Source of the initial weights.</param>
    public Discriminator(DiscriminatorSettings settings, int inputs, Rng rng)
    {
        this.settings = settings;
        network = new Mlp(inputs, settings.Hidden, IsCategorical ? settings.Skills : 2, Activation.Relu);
        pass = new MlpPass(network, capacity);
        var initial = new float[network.ParameterCount];
        Glorot.Fill(network, initial, rng);
        parameters = FlatMemory.ToTensor(initial, [initial.Length], CPU);
        using (no_grad())
            gradient = zeros_like(parameters);
        moments = optimizer.Initial(parameters);
    }

    /// <summary>Skills have indices, not coordinates.</summary>
    public bool IsCategorical => settings.Prior == SkillPrior.Categorical;

    /// <summary>n; 0 where skills are points.</summary>
    public int Skills => IsCategorical ? settings.Skills : 0;

    /// <summary>Numbers that a skill is kept as.</summary>
    public int SkillValues => IsCategorical ? 1 : 2;

    /// <summary>Length of a skill's code.</summary>
    public int CodeSize => IsCategorical ? settings.Skills : 2;

    /// <summary>log p(ω), a probability or a density.</summary>
    public double LogPrior => IsCategorical ? -Math.Log(settings.Skills) : -2 * Math.Log(2);

    /// <summary>The most that a state can be paid, in nats.</summary>
    public double Highest => IsCategorical ? -LogPrior : SkillRewards.Gaussian([0, 0], [0, 0], settings.Deviation);

    /// <summary>All parameters, flat.</summary>
    public Span<float> Parameters => FlatMemory.Of(parameters);

    /// <summary>Draws a skill from the prior.</summary>
    /// <param name="rng">Source of the choice.</param>
    /// <param name="skill">Receives it.</param>
    public void Sample(Rng rng, Span<float> skill)
    {
        if (IsCategorical)
            skill[0] = rng.NextInt(settings.Skills);
        else
            foreach (ref var coordinate in skill)
                coordinate = (float)rng.NextDouble(-1, 1);
    }

    /// <summary>Writes what networks are given of a skill: one-hot, or its coordinates.</summary>
    /// <param name="skill">ω.</param>
    /// <param name="code">Receives <see cref="CodeSize"/> values.</param>
    public void Encode(ReadOnlySpan<float> skill, Span<float> code)
    {
        if (!IsCategorical)
        {
            skill.CopyTo(code);
            return;
        }
        code[..settings.Skills].Clear();
        code[(int)skill[0]] = 1;
    }

    /// <summary>log q(ω|s).</summary>
    /// <param name="state">s, [S].</param>
    /// <param name="skill">ω.</param>
    public double LogProbability(ReadOnlySpan<float> state, ReadOnlySpan<float> skill)
    {
        Forward(state, 1);
        return Reward(0, skill) + LogPrior;
    }

    /// <summary>log q(ω|s) − log p(ω) of each row, held between −20 and the most that is possible.</summary>
    /// <param name="states">s, [N, S].</param>
    /// <param name="skills">ω, [N, <see cref="SkillValues"/>].</param>
    /// <param name="rewards">Receives them, [N].</param>
    /// <returns>How many rows were held.</returns>
    public int Rewards(ReadOnlySpan<float> states, ReadOnlySpan<float> skills, Span<float> rewards)
    {
        var held = 0;
        Forward(states, rewards.Length);
        for (var row = 0; row < rewards.Length; row++)
        {
            var reward = Reward(row, skills.Slice(row * SkillValues, SkillValues));
            held += reward < Lowest ? 1 : 0;
            rewards[row] = (float)Math.Clamp(reward, Lowest, Highest);
        }
        return held;
    }

    /// <summary>log q(ω|s) − log p(ω) of every skill at every state, held as <see cref="Rewards"/> holds them.</summary>
    /// <param name="states">s, [N, S].</param>
    /// <param name="skills">ω, [M, <see cref="SkillValues"/>].</param>
    /// <param name="rewards">Receives them, [M, N].</param>
    public void RewardsOfEach(ReadOnlySpan<float> states, ReadOnlySpan<float> skills, Span<float> rewards)
    {
        var rows = states.Length / network.Inputs;
        Forward(states, rows);
        for (var skill = 0; skill < skills.Length / SkillValues; skill++)
            for (var row = 0; row < rows; row++)
                rewards[skill * rows + row] = (float)Math.Clamp(Reward(row, skills.Slice(skill * SkillValues, SkillValues)), Lowest, Highest);
    }

    /// <summary>q(·|s) of skills with indices.</summary>
    /// <param name="state">s, [S].</param>
    /// <param name="probabilities">Receives them, [n].</param>
    public void Posterior(ReadOnlySpan<float> state, Span<double> probabilities)
    {
        Forward(state, 1);
        for (var skill = 0; skill < probabilities.Length; skill++)
            probabilities[skill] = Math.Exp(SkillRewards.Categorical(pass.Outputs, skill) + LogPrior);
    }

    /// <summary>The skill that most likely led to a state.</summary>
    /// <param name="state">s, [S].</param>
    /// <param name="skill">Receives it.</param>
    public void MostLikely(ReadOnlySpan<float> state, Span<float> skill)
    {
        Forward(state, 1);
        if (IsCategorical)
            skill[0] = Categorical.Mode(pass.Outputs);
        else
            for (var axis = 0; axis < skill.Length; axis++)
                skill[axis] = MathF.Tanh(pass.Outputs[axis]);
    }

    /// <summary>Whether q gives a state to its skill, as <see cref="DiscriminatorFit.Accuracy"/> counts it.</summary>
    /// <param name="state">s, [S].</param>
    /// <param name="skill">ω.</param>
    public bool IsRight(ReadOnlySpan<float> state, ReadOnlySpan<float> skill)
    {
        Forward(state, 1);
        return IsRight(0, skill);
    }

    /// <summary>Mean of −log q(ω|s) over rows, and its gradient; changes nothing.</summary>
    /// <param name="states">s, [N, S].</param>
    /// <param name="skills">ω, [N, <see cref="SkillValues"/>].</param>
    /// <param name="rows">N.</param>
    /// <param name="result">Receives the gradient with respect to the parameters.</param>
    public DiscriminatorFit Gradient(ReadOnlySpan<float> states, ReadOnlySpan<float> skills, int rows, Span<float> result)
    {
        Forward(states, rows);
        var (loss, right, width) = (0.0, 0, network.Outputs);
        for (var row = 0; row < rows; row++)
        {
            var skill = skills.Slice(row * SkillValues, SkillValues);
            var outputs = pass.Outputs.Slice(row * width, width);
            var upstream = pass.OutputGradient.Slice(row * width, width);
            loss -= Reward(row, skill) + LogPrior;
            right += IsRight(row, skill) ? 1 : 0;
            if (IsCategorical)
            {
                Categorical.Gradient(outputs, (int)skill[0], 1f / rows, 0f, upstream);
                continue;
            }
            for (var axis = 0; axis < width; axis++)
            {
                var mean = MathF.Tanh(outputs[axis]);
                upstream[axis] = (mean - skill[axis]) / (float)(settings.Deviation * settings.Deviation) * (1 - mean * mean) / rows;
            }
        }
        pass.Backward(Parameters, states[..(rows * network.Inputs)], result);
        return new(loss / rows, (double)right / rows);
    }

    /// <summary>Takes a step of Adam on the mean of −log q(ω|s).</summary>
    /// <param name="states">s, [N, S].</param>
    /// <param name="skills">ω, [N, <see cref="SkillValues"/>].</param>
    /// <param name="rows">N.</param>
    public DiscriminatorFit Learn(ReadOnlySpan<float> states, ReadOnlySpan<float> skills, int rows)
    {
        var fit = Gradient(states, skills, rows, FlatMemory.Of(gradient));
        optimizer.StepInPlace(parameters, gradient, moments, settings.LearningRate);
        return fit;
    }

    /// <summary>Writes parameters and moments.</summary>
    public void Save(CheckpointWriter writer)
    {
        writer.WriteTensor(parameters);
        writer.Write(moments);
    }

    /// <summary>Restores what <see cref="Save"/> wrote.</summary>
    public void Load(CheckpointReader reader)
    {
        reader.ReadInto(parameters);
        reader.ReadInto(moments);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        parameters.Dispose();
        gradient.Dispose();
        moments.Dispose();
    }

    private void Forward(ReadOnlySpan<float> states, int rows)
    {
        if (rows > capacity)
            pass = new MlpPass(network, capacity = Math.Max(rows, 2 * capacity));
        pass.Forward(Parameters, states, rows);
    }

    private bool IsRight(int row, ReadOnlySpan<float> skill)
    {
        var outputs = pass.Outputs.Slice(row * network.Outputs, network.Outputs);
        if (IsCategorical)
            return Categorical.Mode(outputs) == (int)skill[0];
        for (var axis = 0; axis < skill.Length; axis++)
            if (Math.Abs(MathF.Tanh(outputs[axis]) - skill[axis]) >= 2 * settings.Deviation)
                return false;
        return true;
    }

    // Of a row of the last forward pass.
    private double Reward(int row, ReadOnlySpan<float> skill)
    {
        var outputs = pass.Outputs.Slice(row * network.Outputs, network.Outputs);
        if (IsCategorical)
            return SkillRewards.Categorical(outputs, (int)skill[0]);
        Span<float> mean = [MathF.Tanh(outputs[0]), MathF.Tanh(outputs[1])];
        return SkillRewards.Gaussian(mean, skill, settings.Deviation);
    }
}
