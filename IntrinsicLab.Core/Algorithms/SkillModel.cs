using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Core.Optimizers;
using static TorchSharp.torch;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// The forward side of what skills and states tell of each other: a unit Gaussian around what a skill is expected to do to the state (DADS, Sharma et al.
/// 2020) or around where it is expected to lead (EDL's forward form, Campos et al. 2020), in running deviations of what is predicted. A step is paid
/// for how much better its own skill foretells it than skills do on average.
/// </summary>
internal sealed class SkillModel : IDisposable
{
    private readonly Mlp network;
    private readonly MlpPass pass, every;
    private readonly Tensor parameters, gradient;
    private readonly Adam optimizer = new(epsilon: 1e-8, style: EpsilonStyle.Pytorch);
    private readonly OptimizerState moments;
    private readonly RunningMoments scale;
    private readonly bool ofStep;
    private readonly int skills, seenSize, rows;
    private readonly double learningRate;
    private readonly float[] input, inputOfEvery, target;
    private readonly double[] likelihoods, others;

    /// <summary>Makes and initialises the network.</summary>
    /// <param name="ofStep">It foretells the change of a step from the state that it begins in; else the state reached from the skill alone.</param>
    /// <param name="skills">n, skills with indices.</param>
    /// <param name="seenSize">Values of a state, S.</param>
    /// <param name="hidden">Units of each hidden layer.</param>
    /// <param name="learningRate">Step size of Adam.</param>
    /// <param name="rows">Rows of a batch, N.</param>
    /// <param name="rng">Source of the initial weights.</param>
    public SkillModel(bool ofStep, int skills, int seenSize, int[] hidden, double learningRate, int rows, Rng rng)
    {
        (this.ofStep, this.skills, this.seenSize, this.rows, this.learningRate) = (ofStep, skills, seenSize, rows, learningRate);
        network = new Mlp((ofStep ? seenSize : 0) + skills, hidden, seenSize, Activation.Relu);
        (pass, every) = (new MlpPass(network, rows), new MlpPass(network, skills));
        var initial = new float[network.ParameterCount];
        Glorot.Fill(network, initial, rng);
        parameters = FlatMemory.ToTensor(initial, [initial.Length], CPU);
        using (no_grad())
            gradient = zeros_like(parameters);
        moments = optimizer.Initial(parameters);
        scale = new RunningMoments(seenSize);
        (input, inputOfEvery, target) = (new float[rows * network.Inputs], new float[skills * network.Inputs], new float[rows * seenSize]);
        (likelihoods, others) = (new double[skills], new double[skills - 1]);
    }

    /// <summary>Takes a step of Adam on the mean squared error of a batch, in variances of what is predicted.</summary>
    /// <param name="seen">States, [N, S].</param>
    /// <param name="nextSeen">States reached, [N, S].</param>
    /// <param name="ofSkills">Indices of skills, [N].</param>
    /// <returns>The error before.</returns>
    public double Learn(ReadOnlySpan<float> seen, ReadOnlySpan<float> nextSeen, ReadOnlySpan<float> ofSkills)
    {
        for (var i = 0; i < target.Length; i++)
            target[i] = ofStep ? nextSeen[i] - seen[i] : nextSeen[i];
        scale.Update<float>(target);
        for (var row = 0; row < rows; row++)
            Write(input.AsSpan(row * network.Inputs, network.Inputs), seen.Slice(row * seenSize, seenSize), (int)ofSkills[row]);
        pass.Forward(FlatMemory.Of(parameters), input, rows);
        var error = 0.0;
        for (var i = 0; i < target.Length; i++)
        {
            var difference = pass.Outputs[i] - (float)Normalised(target[i], i % seenSize);
            error += (double)difference * difference;
            pass.OutputGradient[i] = difference / rows;
        }
        pass.Backward(FlatMemory.Of(parameters), input, FlatMemory.Of(gradient));
        optimizer.StepInPlace(parameters, gradient, moments, learningRate);
        return error / target.Length;
    }

    /// <summary>What each step of a batch is paid; at most log n.</summary>
    /// <param name="seen">States, [N, S].</param>
    /// <param name="nextSeen">States reached, [N, S].</param>
    /// <param name="ofSkills">Indices of skills, [N].</param>
    /// <param name="rewards">Receives them, [N].</param>
    public void Rewards(ReadOnlySpan<float> seen, ReadOnlySpan<float> nextSeen, ReadOnlySpan<float> ofSkills, Span<float> rewards)
    {
        for (var row = 0; row < rewards.Length; row++)
        {
            var (from, to) = (row * seenSize, (int)ofSkills[row]);
            for (var skill = 0; skill < skills; skill++)
                Write(inputOfEvery.AsSpan(skill * network.Inputs, network.Inputs), seen.Slice(from, seenSize), skill);
            every.Forward(FlatMemory.Of(parameters), inputOfEvery, skills);
            for (var skill = 0; skill < skills; skill++)
            {
                likelihoods[skill] = 0;
                for (var i = 0; i < seenSize; i++)
                {
                    var told = ofStep ? nextSeen[from + i] - seen[from + i] : nextSeen[from + i];
                    var difference = every.Outputs[skill * seenSize + i] - Normalised(told, i);
                    likelihoods[skill] -= 0.5 * difference * difference;
                }
            }
            for (var (skill, place) = (0, 0); skill < skills; skill++)
                if (skill != to)
                    others[place++] = likelihoods[skill];
            rewards[row] = (float)SkillRewards.Dynamics(likelihoods[to], others);
        }
    }

    /// <summary>Writes the whole state.</summary>
    public void Save(CheckpointWriter writer)
    {
        writer.WriteTensor(parameters);
        writer.Write(moments);
        scale.Save(writer);
    }

    /// <summary>Restores what <see cref="Save"/> wrote.</summary>
    public void Load(CheckpointReader reader)
    {
        reader.ReadInto(parameters);
        reader.ReadInto(moments);
        scale.Load(reader);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        parameters.Dispose();
        gradient.Dispose();
        moments.Dispose();
    }

    private double Normalised(float value, int component) => (value - scale.Mean[component]) / Math.Sqrt(scale.Variance[component] + 1e-8);

    private void Write(Span<float> row, ReadOnlySpan<float> seen, int skill)
    {
        row.Clear();
        if (ofStep)
            seen.CopyTo(row);
        row[(ofStep ? seenSize : 0) + skill] = 1;
    }
}
