using System.Buffers.Binary;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.External;

/// <summary>Which Python environment, and how it is made.</summary>
public sealed record GymnasiumConfig
{
    /// <summary>
    /// An id that Gymnasium knows, such as CartPole-v1, or a class of your own: module:Class or /path/to/file.py:Class. A function that
    /// returns an environment serves as well.
    /// </summary>
    [Group("Environment")]
    public string Environment { get; init; } = "CartPole-v1";

    /// <summary>Keyword arguments that it is made with, as a JSON object: {"size": 8}.</summary>
    [Group("Environment")]
    public string Arguments { get; init; } = "{}";

    /// <summary>Modules to import first, with commas between: packages that register ids, such as ale_py or minigrid.</summary>
    [Group("Environment")]
    public string Import { get; init; } = "";

    /// <summary>
    /// Prepares an Atari game as is usual (Mnih et al. 2015, order of OpenAI Baselines): 1 to 30 idle frames at the start, each action for 4 frames,
    /// the brighter pixels of the last 2, grey, 84 × 84, from 0 to 1, FIRE pressed where a life begins with it. Needs the argument "frameskip": 1.
    /// </summary>
    [Group("Environment")]
    public bool Atari { get; init; }

    /// <summary>
    /// Interpreter that has what the environment needs, such as the one of a virtual environment; empty for $INTRINSICLAB_PYTHON, else python3.
    /// </summary>
    [Group("Python")]
    public string Python { get; init; } = "";

    /// <summary>How long making the environment may take, imports included.</summary>
    [Range(1.0, 3600.0), Unit("s"), Group("Python")]
    public double StartTimeout { get; init; } = 60.0;

    /// <summary>How long a step or a reset may take; the run fails beyond.</summary>
    [Range(0.1, 86400.0), Unit("s"), Group("Python")]
    public double StepTimeout { get; init; } = 300.0;
}

/// <summary>
/// An environment written in Python for Gymnasium's interface, run by a Python process beside the run.
/// <para>Actions: the environment's own. Discrete, MultiDiscrete and MultiBinary become one choice among all combinations (at most 4,096);
/// a Box with bounds stays one; a Dict or Tuple of either kind is flattened.</para>
/// <para>Observation: the environment's own as numbers. A Box keeps its shape and values; Discrete and MultiDiscrete are coded one-hot;
/// a Dict or Tuple is flattened in its order.</para>
/// <para>Reward: the environment's own.</para>
/// <para>Start: every reset passes a seed drawn from the run's. Terminated and truncated: as the environment says, its own time limit
/// included.</para>
/// <para>Source: Towers et al. 2024, Gymnasium: a standard interface for reinforcement learning environments.</para>
/// </summary>
public sealed class GymnasiumEnvironment : IEnvironment
{
    private const int StepHeader = sizeof(double) + 1;

    private readonly GymnasiumHost host;
    private readonly GymnasiumSpec description;
    private readonly float[] last;
    private GymnasiumProcess? process;
    private GymnasiumProcess.Answer? slot;
    private bool running;
    private bool announced;

    // Set by a checkpoint that could not hold the episode: it ends, truncated, at its next step.
    private bool lost;

    /// <summary>An environment with a Python process of its own.</summary>
    /// <exception cref="ArgumentException">There is no such environment, or policies cannot act in it; the message says why.</exception>
    public GymnasiumEnvironment(GymnasiumConfig config)
        : this(new GymnasiumHost(config))
    {
    }

    private GymnasiumEnvironment(GymnasiumHost host)
    {
        this.host = host;
        description = GymnasiumSpec.Of(host.Config);
        last = new float[Spec.Observation.Size];
    }

    /// <inheritdoc/>
    public EnvironmentSpec Spec => description.Spec;

    /// <summary>Id of the Python process, once there is one.</summary>
    internal int? ProcessId => process?.Id;

    /// <summary>Makes environments that share one Python process.</summary>
    internal static Func<IEnvironment> Together(GymnasiumConfig config)
    {
        var host = new GymnasiumHost(config);
        return () => new GymnasiumEnvironment(host);
    }

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        Open();
        (running, announced, lost) = (false, false, false);
        Span<byte> seed = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(seed, (ulong)rng.NextInt(int.MaxValue));
        try
        {
            TakeObservation(process!.Ask('R', slot!, seed), observation);
        }
        catch (PythonFault fault)
        {
            throw Failed("reset", fault);
        }
        running = true;
    }

    /// <inheritdoc/>
    public void Announce(ReadOnlySpan<float> action)
    {
        if (running && !lost && !announced && IsAction(action))
            announced = process!.TrySend('S', slot!, MemoryMarshal.AsBytes(action));
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        Require(action);
        if (lost)
        {
            (running, lost) = (false, false);
            last.CopyTo(observation);
            return new StepResult(0, Terminated: false, Truncated: true);
        }
        var sent = announced;
        (running, announced) = (false, false);
        try
        {
            var answer = sent ? process!.Await(slot!) : process!.Ask('S', slot!, MemoryMarshal.AsBytes(action));
            var reward = BinaryPrimitives.ReadDoubleLittleEndian(answer);
            if (!double.IsFinite(reward))
                throw new PythonFault($"the reward is {reward.ToString(CultureInfo.InvariantCulture)}.");
            TakeObservation(answer[StepHeader..], observation);
            var flags = answer[sizeof(double)];
            var result = new StepResult(reward, (flags & 1) != 0, (flags & 2) != 0) { LifeLost = (flags & 4) != 0 };
            running = !result.Ended;
            return result;
        }
        catch (PythonFault fault)
        {
            throw Failed("step", fault);
        }
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        writer.Write(running);
        writer.Write(lost);
        writer.Write(MemoryMarshal.AsBytes(last.AsSpan()));
        ReadOnlySpan<byte> state = [];
        if (process is not null && !lost)
        {
            try
            {
                state = process.Ask('D', slot!, []);
            }
            catch (PythonFault fault)
            {
                throw Failed("saving", fault);
            }
            if (state[0] == 0)
            {
                if (host.MayWarnOf("saving"))
                    host.Warn($"cannot be saved ({Encoding.UTF8.GetString(state[1..])}): a run that goes on from a checkpoint counts "
                        + "the episodes that were under way as truncated and begins new ones.");
                state = [];
            }
        }
        writer.Write(state.Length);
        writer.Write(state);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        (running, lost, announced) = (reader.ReadBoolean(), reader.ReadBoolean(), false);
        reader.ReadExactly(MemoryMarshal.AsBytes(last.AsSpan()));
        var state = reader.ReadBytes(reader.ReadInt32());
        if (state.Length == 0)
        {
            lost = running;
            return;
        }
        Open();
        try
        {
            var answer = process!.Ask('L', slot!, state.AsSpan(1));
            if (answer[0] != 0)
                return;
            if (host.MayWarnOf("loading"))
                host.Warn($"cannot be restored ({Encoding.UTF8.GetString(answer[1..])}): the episodes that were under way count as truncated.");
            lost = running;
        }
        catch (PythonFault fault)
        {
            throw Failed("loading", fault);
        }
    }

    /// <inheritdoc/>
    public Scene? Render()
    {
        if (process is null || lost || !description.HasPictures || announced)
            return null;
        try
        {
            var answer = process.Ask('P', slot!, []);
            if (answer.Length == 0)
                return null;
            var (columns, rows) = (BinaryPrimitives.ReadInt32LittleEndian(answer), BinaryPrimitives.ReadInt32LittleEndian(answer[sizeof(int)..]));
            return new Scene(columns, rows, []) { Image = new Bitmap(columns, rows, answer[(2 * sizeof(int))..].ToArray()) };
        }
        catch (PythonFault fault)
        {
            throw Failed("render", fault);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (slot is not null)
            host.Close(slot);
        (process, slot, running) = (null, null, false);
    }

    private void Open()
    {
        if (process is null)
            (process, slot) = host.Open(description);
    }

    private void Require(ReadOnlySpan<float> action)
    {
        if (Spec.Action is Discrete discrete)
            discrete.IndexOf(action);
        else
            ((Box)Spec.Action).Require(action);
    }

    private bool IsAction(ReadOnlySpan<float> action) => Spec.Action switch
    {
        Discrete discrete => action.Length == 1 && action[0] >= 0 && action[0] < discrete.Count && action[0] == MathF.Truncate(action[0]),
        var box => action.Length == box.Size && !action.ContainsAnyExceptInRange(float.MinValue, float.MaxValue),
    };

    private void TakeObservation(ReadOnlySpan<byte> bytes, Span<float> observation)
    {
        MemoryMarshal.Cast<byte, float>(bytes).CopyTo(last);
        var (low, high) = (Spec.Observation.Low, Spec.Observation.High);
        for (var index = 0; index < last.Length; index++)
        {
            if (!float.IsFinite(last[index]))
                throw new PythonFault($"{Place(index)} is {last[index].ToString(CultureInfo.InvariantCulture)}.");
            if ((last[index] < low[index] || last[index] > high[index]) && host.MayWarnOf("bounds"))
                host.Warn(string.Create(CultureInfo.InvariantCulture,
                    $"leaves its own space: {Place(index)} is {last[index]}, outside of {low[index]} to {high[index]}. ")
                    + "Such values are passed on as they are.");
        }
        last.CopyTo(observation);
    }

    private string Place(int index)
    {
        foreach (var (place, size) in description.Parts)
        {
            if (index < size)
                return size == 1 ? place : $"{place}[{index.ToString(CultureInfo.InvariantCulture)}]";
            index -= size;
        }
        return "observation";
    }

    private InvalidOperationException Failed(string doing, PythonFault fault) =>
        new($"{host.Config.Environment} failed in {doing}: {fault.Message}{(fault.Traceback.Length > 0 ? "\n" + fault.Traceback : "")}", fault);
}
