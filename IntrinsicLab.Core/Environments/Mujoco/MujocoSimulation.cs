using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;

namespace IntrinsicLab.Core.Environments.Mujoco;

/// <summary>
/// One simulated body: a compiled model, shared by all simulations of it, the data of this one, and whether an episode runs. The readings
/// are MuJoCo's own arrays; those derived from positions lag one internal evaluation behind <see cref="Positions"/>, and refreshing them
/// would change the motion that follows (the published environments read them as they are).
/// </summary>
internal sealed unsafe class MujocoSimulation : IDisposable
{
    private const int ErrorSize = 1000;

    private static readonly ConcurrentDictionary<(string File, (string From, string To)? Variant), nint> Models = new();
    private static readonly Lock Parsing = new();

    private readonly nint model;
    private readonly double[] state, controls;
    private readonly MujocoReading positions, velocities;
    private nint data;

    /// <summary>Makes the data of one simulation.</summary>
    /// <param name="modelFile">Name of the embedded model, for example <c>hopper.xml</c>.</param>
    /// <param name="variant">Text of the model to replace before it is compiled, and by what; null for the model as it is.</param>
    /// <exception cref="InvalidOperationException">MuJoCo is missing or refuses the model.</exception>
    internal MujocoSimulation(string modelFile, (string From, string To)? variant = null)
    {
        if (MujocoLibrary.WhyUnavailable() is { } reason)
            throw new InvalidOperationException(reason);
        lock (Parsing)
            model = Models.GetOrAdd((modelFile, variant), Compile);
        data = MujocoLibrary.MakeData(model);
        if (data == 0)
            throw new InvalidOperationException($"MuJoCo could not allocate the data of {modelFile}.");
        state = new double[MujocoLibrary.StateSize(model)];
        Timestep = Number("opt.timestep");
        controls = new double[(int)Number("nu")];
        positions = Reading("qpos");
        velocities = Reading("qvel");

        // The start pose can be drawn before the first reset.
        MujocoLibrary.Forward(model, data);
    }

    /// <summary>Seconds that one frame covers.</summary>
    internal double Timestep { get; }

    /// <summary>Generalised positions, qpos.</summary>
    internal Span<double> Positions => positions.Values;

    /// <summary>Generalised velocities, qvel.</summary>
    internal Span<double> Velocities => velocities.Values;

    /// <summary>An episode was begun and has not ended; part of the saved state.</summary>
    internal bool Running { get; set; }

    /// <summary>The data are still there.</summary>
    internal bool Alive => data != 0;

    /// <summary>Goes back to the model's start pose at rest; <see cref="Begin"/> belongs after the positions were written.</summary>
    internal void Reset() => MujocoLibrary.Reset(model, Data);

    /// <summary>Begins an episode: derives everything from positions and velocities, once, and never again between steps.</summary>
    internal void Begin()
    {
        MujocoLibrary.Forward(model, Data);
        Running = true;
    }

    /// <summary>An action as controls, unclipped; valid until the next call.</summary>
    /// <exception cref="ArgumentException">It is no action of this space.</exception>
    /// <exception cref="InvalidOperationException">No episode runs.</exception>
    internal ReadOnlySpan<double> Controls(ReadOnlySpan<float> action, Box actions)
    {
        if (!Running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        actions.Require(action);
        for (var axis = 0; axis < action.Length; axis++)
            controls[axis] = action[axis];
        return controls;
    }

    /// <summary>One control step. False when the state left the finite numbers: the engine has gone back to the start pose.</summary>
    /// <param name="control">One value per actuator; the engine clamps forces, not these values.</param>
    /// <param name="frames">Simulated frames with the same control.</param>
    /// <param name="externalForces">Also computes <c>cfrc_ext</c>, which nothing else fills.</param>
    internal bool Step(ReadOnlySpan<double> control, int frames, bool externalForces = false)
    {
        if (control.Length != controls.Length)
            throw new ArgumentException($"There are {control.Length} controls for {controls.Length} actuators.", nameof(control));
        fixed (double* values = control)
            return MujocoLibrary.Step(model, Data, values, frames, externalForces ? 1 : 0) == 0;
    }

    /// <summary>The engine's own speed: control steps in one loop of the library, without anything in between.</summary>
    /// <param name="control">The controls of all steps, one after the other.</param>
    /// <param name="frames">Simulated frames per step.</param>
    /// <param name="externalForces">As in <see cref="Step"/>.</param>
    internal void Loop(ReadOnlySpan<double> control, int frames, bool externalForces)
    {
        fixed (double* values = control)
            MujocoLibrary.Loop(model, Data, values, control.Length / controls.Length, frames, externalForces ? 1 : 0);
    }

    /// <summary>An array of the data or the model by MuJoCo's name for it, to be kept where it is read at every step.</summary>
    internal MujocoReading Reading(string name)
    {
        var first = MujocoLibrary.Numbers(model, Data, name, out var count);
        return first is null ? throw Unknown(name) : new MujocoReading(this, first, count);
    }

    /// <summary>What the array of this name holds now.</summary>
    internal Span<double> Numbers(string name) => Reading(name).Values;

    /// <summary>An integer array of the model.</summary>
    internal ReadOnlySpan<int> Integers(string name)
    {
        var first = MujocoLibrary.Integers(model, name, out var count);
        return first is null ? throw Unknown(name) : new ReadOnlySpan<int>(first, count);
    }

    /// <summary>An array of flags of the model.</summary>
    internal ReadOnlySpan<byte> Flags(string name)
    {
        var first = MujocoLibrary.Bytes(model, name, out var count);
        return first is null ? throw Unknown(name) : new ReadOnlySpan<byte>(first, count);
    }

    /// <summary>A single number of the data or the model.</summary>
    internal double Number(string name)
    {
        var value = MujocoLibrary.Number(model, Data, name);
        return double.IsNaN(value) ? throw Unknown(name) : value;
    }

    /// <summary>Index of a named body, joint, geom, site or actuator.</summary>
    internal int Find(string kind, string name)
    {
        var index = MujocoLibrary.Find(model, kind, name);
        return index >= 0 ? index : throw Unknown($"{kind} {name}");
    }

    /// <summary>Sum of the squares, as in the costs of controls and contacts.</summary>
    internal static double Squares(ReadOnlySpan<double> values)
    {
        var sum = 0.0;
        foreach (var value in values)
            sum += value * value;
        return sum;
    }

    /// <summary>Writes what continues the simulation bit for bit.</summary>
    internal void Save(BinaryWriter writer)
    {
        fixed (double* values = state)
            MujocoLibrary.Save(model, Data, values);
        writer.Write(MemoryMarshal.AsBytes(state.AsSpan()));
        writer.Write(Running);
    }

    /// <summary>Restores what <see cref="Save"/> wrote for the same model.</summary>
    internal void Load(BinaryReader reader)
    {
        reader.ReadExactly(MemoryMarshal.AsBytes(state.AsSpan()));
        fixed (double* values = state)
            MujocoLibrary.Restore(model, Data, values);
        Running = reader.ReadBoolean();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (data != 0)
            MujocoLibrary.FreeData(data);
        data = 0;
    }

    private nint Data => data != 0 ? data : throw new ObjectDisposedException(nameof(MujocoSimulation));

    private static nint Compile((string File, (string From, string To)? Variant) source)
    {
        using var resource = typeof(MujocoSimulation).Assembly.GetManifestResourceStream(source.File)
            ?? throw new InvalidOperationException($"The model {source.File} is not embedded.");
        using var reader = new StreamReader(resource);
        var text = reader.ReadToEnd();
        if (source.Variant is var (from, to))
            text = text.Contains(from, StringComparison.Ordinal)
                ? text.Replace(from, to, StringComparison.Ordinal)
                : throw new InvalidOperationException($"The model {source.File} has no {from}.");
        var bytes = Encoding.UTF8.GetBytes(text);
        var message = new byte[ErrorSize];
        nint compiled;
        fixed (byte* xml = bytes, error = message)
            compiled = MujocoLibrary.Load(xml, bytes.Length, error, ErrorSize);
        return compiled != 0
            ? compiled
            : throw new InvalidOperationException($"MuJoCo refuses {source.File}: {Encoding.UTF8.GetString(message).TrimEnd('\0')}");
    }

    private static ArgumentException Unknown(string name) => new($"MuJoCo's shim knows no {name} in this model.");
}

/// <summary>One of MuJoCo's arrays, which stays where it is as long as the simulation's data.</summary>
internal readonly unsafe struct MujocoReading(MujocoSimulation simulation, double* first, int count)
{
    /// <summary>What the array holds now.</summary>
    internal Span<double> Values => simulation.Alive ? new(first, count) : throw new ObjectDisposedException(nameof(MujocoSimulation));
}
