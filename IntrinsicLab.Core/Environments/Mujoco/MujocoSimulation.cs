using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;

namespace IntrinsicLab.Core.Environments.Mujoco;

/// <summary>
/// One simulated body: a compiled model, shared by all simulations of it, and the data of this one. The readings are MuJoCo's own arrays;
/// those derived from positions lag one internal evaluation behind <see cref="Positions"/>, and refreshing them would change the motion
/// that follows (the published environments read them as they are).
/// </summary>
internal sealed unsafe class MujocoSimulation : IDisposable
{
    private const int ErrorSize = 1000;

    private static readonly ConcurrentDictionary<string, nint> Models = new();
    private static readonly Lock Parsing = new();

    private readonly nint model;
    private readonly double[] state;
    private readonly double* positions, velocities;
    private readonly int positionCount, velocityCount;
    private nint data;

    /// <summary>Makes the data of one simulation.</summary>
    /// <param name="modelFile">Name of the embedded model, for example <c>hopper.xml</c>.</param>
    /// <exception cref="InvalidOperationException">MuJoCo is missing or refuses the model.</exception>
    internal MujocoSimulation(string modelFile)
    {
        if (MujocoLibrary.WhyUnavailable() is { } reason)
            throw new InvalidOperationException(reason);
        lock (Parsing)
            model = Models.GetOrAdd(modelFile, Compile);
        data = MujocoLibrary.MakeData(model);
        if (data == 0)
            throw new InvalidOperationException($"MuJoCo could not allocate the data of {modelFile}.");
        state = new double[MujocoLibrary.StateSize(model)];
        Timestep = Number("opt.timestep");
        ControlCount = (int)Number("nu");
        positions = MujocoLibrary.Numbers(model, data, "qpos", out positionCount);
        velocities = MujocoLibrary.Numbers(model, data, "qvel", out velocityCount);
    }

    /// <summary>Seconds that one frame covers.</summary>
    internal double Timestep { get; }

    /// <summary>Number of actuators.</summary>
    internal int ControlCount { get; }

    /// <summary>Generalised positions, qpos.</summary>
    internal Span<double> Positions => data != 0 ? new(positions, positionCount) : throw Disposed();

    /// <summary>Generalised velocities, qvel.</summary>
    internal Span<double> Velocities => data != 0 ? new(velocities, velocityCount) : throw Disposed();

    /// <summary>Goes back to the model's start pose at rest; <see cref="Forward"/> belongs after the positions were written.</summary>
    internal void Reset() => MujocoLibrary.Reset(model, Data);

    /// <summary>Derives everything from positions and velocities, once after a reset and never between steps.</summary>
    internal void Forward() => MujocoLibrary.Forward(model, Data);

    /// <summary>One control step. False when the state left the finite numbers: the engine has gone back to the start pose.</summary>
    /// <param name="control">One value per actuator; the engine clamps forces, not these values.</param>
    /// <param name="frames">Simulated frames with the same control.</param>
    /// <param name="externalForces">Also computes <c>cfrc_ext</c>, which nothing else fills.</param>
    internal bool Step(ReadOnlySpan<double> control, int frames, bool externalForces = false)
    {
        if (control.Length != ControlCount)
            throw new ArgumentException($"There are {control.Length} controls for {ControlCount} actuators.", nameof(control));
        fixed (double* values = control)
            return MujocoLibrary.Step(model, Data, values, frames, externalForces ? 1 : 0) == 0;
    }

    /// <summary>An array of the data or the model by MuJoCo's name for it.</summary>
    internal Span<double> Numbers(string name)
    {
        var first = MujocoLibrary.Numbers(model, Data, name, out var count);
        return first is null ? throw Unknown(name) : new Span<double>(first, count);
    }

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

    /// <summary>Writes what continues the simulation bit for bit.</summary>
    internal void Save(BinaryWriter writer)
    {
        fixed (double* values = state)
            MujocoLibrary.Save(model, Data, values);
        writer.Write(MemoryMarshal.AsBytes(state.AsSpan()));
    }

    /// <summary>Restores what <see cref="Save"/> wrote for the same model.</summary>
    internal void Load(BinaryReader reader)
    {
        reader.ReadExactly(MemoryMarshal.AsBytes(state.AsSpan()));
        fixed (double* values = state)
            MujocoLibrary.Restore(model, Data, values);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (data != 0)
            MujocoLibrary.FreeData(data);
        data = 0;
    }

    private nint Data => data != 0 ? data : throw Disposed();

    private static nint Compile(string modelFile)
    {
        using var resource = typeof(MujocoSimulation).Assembly.GetManifestResourceStream(modelFile)
            ?? throw new InvalidOperationException($"The model {modelFile} is not embedded.");
        var text = new byte[resource.Length];
        resource.ReadExactly(text);
        var message = new byte[ErrorSize];
        nint compiled;
        fixed (byte* xml = text, error = message)
            compiled = MujocoLibrary.Load(xml, text.Length, error, ErrorSize);
        return compiled != 0
            ? compiled
            : throw new InvalidOperationException($"MuJoCo refuses {modelFile}: {Encoding.UTF8.GetString(message).TrimEnd('\0')}");
    }

    private static ObjectDisposedException Disposed() => new(nameof(MujocoSimulation));

    private static ArgumentException Unknown(string name) => new($"MuJoCo's shim knows no {name} in this model.");
}
