namespace IntrinsicLab.Core.Environments.External;

/// <summary>
/// The Python process that the environments of one factory share: it starts with the first that needs it and ends with the last.
/// </summary>
internal sealed class GymnasiumHost(GymnasiumConfig config)
{
    private readonly object gate = new();
    private GymnasiumProcess? process;
    private int users;
    private readonly HashSet<string> warned = [];

    /// <summary>The environment's configuration.</summary>
    internal GymnasiumConfig Config => config;

    /// <summary>Makes an environment in the process; it has to have the spec that was told before.</summary>
    /// <exception cref="InvalidOperationException">It cannot be made any more, or has other spaces.</exception>
    internal (GymnasiumProcess Process, GymnasiumProcess.Answer Slot) Open(GymnasiumSpec expected)
    {
        lock (gate)
        {
            try
            {
                var first = process is null;
                process ??= GymnasiumSpec.Start(config, GymnasiumSpec.Interpreter(config));
                users++;
                process.Echo();
                var (slot, description) = process.Make(GymnasiumSpec.Request(config), config.StartTimeout);
                var spec = GymnasiumSpec.Read(description, out _);
                if (spec.Text != expected.Text)
                    throw new InvalidOperationException($"{config.Environment} has other spaces than when it was last made.");
                if (first)
                    Console.Error.WriteLine($"{config.Environment} runs in {spec.About}.");
                return (process, slot);
            }
            catch (PythonFault fault)
            {
                Release();
                var error = GymnasiumSpec.NotMade(config, fault);
                throw new InvalidOperationException(error.Message, error);
            }
            catch (InvalidOperationException)
            {
                Release();
                throw;
            }
        }
    }

    /// <summary>Closes an environment that <see cref="Open"/> made.</summary>
    internal void Close(GymnasiumProcess.Answer slot)
    {
        lock (gate)
        {
            try
            {
                if (users > 1)
                    process?.Ask('C', slot, []);
            }
            catch (PythonFault fault)
            {
                Warn($"could not be closed: {fault.Message}");
            }
            Release();
        }
    }

    /// <summary>Whether nobody has warned of this yet; from now on somebody has.</summary>
    internal bool MayWarnOf(string what)
    {
        lock (warned)
            return warned.Add(what);
    }

    /// <summary>Writes a line about the environment to standard error.</summary>
    internal void Warn(string text) => Console.Error.WriteLine($"{config.Environment} {text}");

    private void Release()
    {
        if (--users > 0)
            return;
        users = 0;
        process?.Dispose();
        process = null;
    }
}
