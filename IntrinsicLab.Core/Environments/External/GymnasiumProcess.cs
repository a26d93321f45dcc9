using System.Buffers.Binary;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace IntrinsicLab.Core.Environments.External;

/// <summary>What the Python side of the bridge found wrong, or that it is gone; the message holds Python's own traceback.</summary>
internal sealed class PythonFault(string message, string traceback = "") : Exception(message)
{
    /// <summary>The traceback as Python prints it, ending with the message; empty where the message says all.</summary>
    internal string Traceback { get; } = traceback;
}

/// <summary>
/// A Python process that holds environments, and the conversation with it: frames over its standard input and output, requests answered in
/// their order, any number of them under way. docs/gymnasium.md describes it message by message.
/// </summary>
/// <remarks>
/// A request is kept back until somebody waits for an answer, so that the steps of a batch travel together. What is under way without having
/// been answered stays below a pipe's size: both sides writing into full pipes would wait for each other for ever.
/// </remarks>
internal sealed class GymnasiumProcess : IDisposable
{
    /// <summary>Version of the protocol; both sides must speak the same.</summary>
    internal const int Protocol = 1;

    private const int HeaderSize = 9;
    private const int MostUnderWay = 32 * 1024;
    private const int KeptLines = 40;
    private const string Script = "gymnasium_bridge.py";

    // Reads the script from standard input, so that nothing has to lie in a file, and keeps its lines for tracebacks.
    private const string Loader = """
        import linecache, os, sys, types
        left, text = int(sys.argv[1]), b""
        while left:
            part = os.read(0, left)
            if not part: sys.exit(1)
            left, text = left - len(part), text + part
        text = text.decode()
        module = sys.modules["gymnasium_bridge"] = types.ModuleType("gymnasium_bridge")
        linecache.cache["gymnasium_bridge.py"] = len(text), None, text.splitlines(True), "gymnasium_bridge.py"
        sys.path[:] = [folder for folder in sys.path if folder]
        exec(compile(text, "gymnasium_bridge.py", "exec"), module.__dict__)
        module.main()
        """;

    private static readonly Lazy<byte[]> ScriptText = new(ReadScript);

    private readonly object gate = new();
    private readonly string name;
    private readonly double stepTimeout;
    private readonly Process process = new();
    private readonly Thread attendant;
    private readonly ManualResetEventSlim started = new();
    private readonly Queue<string> lastLines = new();
    private readonly Queue<(Answer Slot, int Bytes)> underWay = new();
    private readonly Timer watch;
    private Win32Exception? startError;
    private Stream input = Stream.Null;
    private Stream output = Stream.Null;
    private byte[] outgoing = new byte[4096];
    private int outgoingBytes;
    private int underWayBytes;
    private byte[] incoming = new byte[1 << 16];
    private int incomingBegin;
    private int incomingEnd;
    private int nextSlot;
    private bool echo;
    private long deadline;
    private volatile string? ended;

    /// <summary>Starts the process.</summary>
    /// <param name="interpreter">Full path of Python.</param>
    /// <param name="name">The environment's, for messages.</param>
    /// <param name="startTimeout">Seconds for the start and for making an environment.</param>
    /// <param name="stepTimeout">Seconds for every other answer.</param>
    /// <exception cref="PythonFault">It does not start.</exception>
    internal GymnasiumProcess(string interpreter, string name, double startTimeout, double stepTimeout)
    {
        (this.name, this.stepTimeout) = (name, stepTimeout);
        var script = ScriptText.Value;
        process.StartInfo = new ProcessStartInfo(interpreter)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])["-u", "-c", Loader, script.Length.ToString(CultureInfo.InvariantCulture)])
            process.StartInfo.ArgumentList.Add(argument);
        foreach (var (variable, value) in (ReadOnlySpan<(string, string)>)
            [("PYTHONHASHSEED", "0"), ("PYTHONIOENCODING", "utf-8"), ("PYGAME_HIDE_SUPPORT_PROMPT", "1"), ("SDL_VIDEODRIVER", "dummy")])
            process.StartInfo.Environment.TryAdd(variable, value);
        attendant = new Thread(Attend) { IsBackground = true, Name = "Python's standard error" };
        watch = new Timer(_ => Watch(), null, 200, 200);
        attendant.Start();
        started.Wait();
        if (startError is not null)
        {
            watch.Dispose();
            throw new PythonFault($"{interpreter} cannot be started: {startError.Message}");
        }
        try
        {
            lock (gate)
            {
                Within(startTimeout);
                WriteOut(script);
                var hello = new Answer();
                underWay.Enqueue((hello, 0));
                AwaitAnswer(hello);
            }
        }
        catch (PythonFault)
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Id of the process.</summary>
    internal int Id => process.Id;

    /// <summary>Has an environment made; returns its slot and what it is, as JSON.</summary>
    internal (Answer Slot, string Description) Make(ReadOnlySpan<byte> request, double timeout)
    {
        lock (gate)
        {
            var slot = new Answer { Number = nextSlot++ };
            Send('M', slot, request);
            Within(timeout);
            AwaitAnswer(slot);
            return (slot, Encoding.UTF8.GetString(slot.Content));
        }
    }

    /// <summary>Sends a request as soon as an answer is waited for; false, and nothing sent, where too much is under way.</summary>
    internal bool TrySend(char kind, Answer slot, ReadOnlySpan<byte> payload)
    {
        lock (gate)
        {
            if (underWay.Count > 0 && underWayBytes + HeaderSize + payload.Length > MostUnderWay)
                return false;
            Send(kind, slot, payload);
            return true;
        }
    }

    /// <summary>Sends a request and waits for its answer, which stays in <paramref name="slot"/> until its next request.</summary>
    internal ReadOnlySpan<byte> Ask(char kind, Answer slot, ReadOnlySpan<byte> payload)
    {
        lock (gate)
        {
            while (underWay.Count > 0 && underWayBytes + HeaderSize + payload.Length > MostUnderWay)
            {
                Flush();
                Within(stepTimeout);
                ReadAnswer();
            }
            Send(kind, slot, payload);
            Within(stepTimeout);
            AwaitAnswer(slot);
            return slot.Content;
        }
    }

    /// <summary>Waits for the answer to what was sent for a slot.</summary>
    internal ReadOnlySpan<byte> Await(Answer slot)
    {
        lock (gate)
        {
            Within(stepTimeout);
            AwaitAnswer(slot);
            return slot.Content;
        }
    }

    /// <summary>From now on what Python writes to standard error is passed on, beginning with what it has written.</summary>
    internal void Echo()
    {
        lock (lastLines)
        {
            if (echo)
                return;
            echo = true;
            foreach (var line in lastLines)
                Console.Error.WriteLine(line);
        }
    }

    /// <summary>Lets Python close its environments and end; ends it after some seconds otherwise.</summary>
    public void Dispose()
    {
        watch.Dispose();
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It is gone already.
        }
        if (!process.WaitForExit(TimeSpan.FromSeconds(5)))
            End();
        if (attendant.Join(TimeSpan.FromSeconds(1)))
            process.Dispose();
    }

    /// <summary>Where the answers for one environment arrive.</summary>
    internal sealed class Answer
    {
        private byte[] content = [];
        private int length;

        /// <summary>The environment's number in the process.</summary>
        internal int Number { get; init; }

        /// <summary>The last answer.</summary>
        internal ReadOnlySpan<byte> Content => content.AsSpan(0, length);

        internal bool Arrived { get; set; }

        internal bool IsFault { get; private set; }

        internal void Take(ReadOnlySpan<byte> given, bool fault)
        {
            if (content.Length < given.Length)
                content = new byte[given.Length];
            given.CopyTo(content);
            (length, IsFault, Arrived) = (given.Length, fault, true);
        }
    }

    private void Send(char kind, Answer slot, ReadOnlySpan<byte> payload)
    {
        var size = HeaderSize + payload.Length;
        if (outgoing.Length - outgoingBytes < size)
            Array.Resize(ref outgoing, Math.Max(2 * outgoing.Length, outgoingBytes + size));
        var frame = outgoing.AsSpan(outgoingBytes, size);
        BinaryPrimitives.WriteInt32LittleEndian(frame, payload.Length);
        frame[4] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(frame[5..], slot.Number);
        payload.CopyTo(frame[HeaderSize..]);
        outgoingBytes += size;
        slot.Arrived = false;
        underWay.Enqueue((slot, size));
        underWayBytes += size;
    }

    private void AwaitAnswer(Answer slot)
    {
        Flush();
        while (!slot.Arrived)
            ReadAnswer();
        Volatile.Write(ref deadline, 0);
        slot.Arrived = false;
        if (!slot.IsFault)
            return;
        using var fault = JsonDocument.Parse(Encoding.UTF8.GetString(slot.Content));
        throw new PythonFault(fault.RootElement.GetProperty("message").GetString()!, fault.RootElement.GetProperty("traceback").GetString()!);
    }

    private void Flush()
    {
        if (outgoingBytes == 0)
            return;
        var bytes = outgoingBytes;
        outgoingBytes = 0;
        WriteOut(outgoing.AsSpan(0, bytes));
    }

    private void WriteOut(ReadOnlySpan<byte> bytes)
    {
        try
        {
            input.Write(bytes);
            input.Flush();
        }
        catch (IOException)
        {
            throw Gone();
        }
    }

    private void ReadAnswer()
    {
        Fill(HeaderSize);
        var header = incoming.AsSpan(incomingBegin, HeaderSize);
        var length = BinaryPrimitives.ReadInt32LittleEndian(header);
        var kind = (char)header[4];
        Fill(HeaderSize + length);
        var (slot, bytes) = underWay.Dequeue();
        underWayBytes -= bytes;
        slot.Take(incoming.AsSpan(incomingBegin + HeaderSize, length), fault: kind == 'E');
        incomingBegin += HeaderSize + length;
    }

    private void Fill(int needed)
    {
        if (incomingEnd - incomingBegin >= needed)
            return;
        if (incoming.Length - incomingBegin < needed)
        {
            var target = incoming.Length < needed ? new byte[Math.Max(needed, 2 * incoming.Length)] : incoming;
            incoming.AsSpan(incomingBegin, incomingEnd - incomingBegin).CopyTo(target);
            (incomingEnd, incomingBegin, incoming) = (incomingEnd - incomingBegin, 0, target);
        }
        while (incomingEnd - incomingBegin < needed)
        {
            var read = output.Read(incoming.AsSpan(incomingEnd));
            if (read == 0)
                throw Gone();
            incomingEnd += read;
        }
    }

    private PythonFault Gone()
    {
        Volatile.Write(ref deadline, 0);
        if (!process.WaitForExit(TimeSpan.FromSeconds(5)))
            End();
        attendant.Join(TimeSpan.FromSeconds(2));
        var how = ended ?? process.ExitCode switch
        {
            > 128 and < 128 + 65 => $"was ended by signal {process.ExitCode - 128}",
            0 => "ended by itself",
            var code => $"ended with code {code.ToString(CultureInfo.InvariantCulture)}",
        };
        lock (lastLines)
            return new PythonFault($"the Python process {how}.", string.Join('\n', lastLines));
    }

    private void Within(double seconds) => Volatile.Write(ref deadline, Environment.TickCount64 + (long)(1000 * seconds));

    private void Watch()
    {
        var until = Volatile.Read(ref deadline);
        if (until == 0 || Environment.TickCount64 <= until)
            return;
        ended ??= "gave no answer in time and was ended";
        End();
    }

    private void End()
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception error) when (error is InvalidOperationException or AggregateException or Win32Exception)
        {
            // It ended by itself in the meantime.
        }
    }

    // The process is started here and not on the caller's thread, because Linux ends it with the thread that started it (PR_SET_PDEATHSIG).
    private void Attend()
    {
        try
        {
            process.Start();
            (input, output) = (process.StandardInput.BaseStream, process.StandardOutput.BaseStream);
        }
        catch (Win32Exception error)
        {
            startError = error;
        }
        started.Set();
        if (startError is not null)
            return;
        while (process.StandardError.ReadLine() is { } line)
            lock (lastLines)
            {
                lastLines.Enqueue(line);
                if (lastLines.Count > KeptLines)
                    lastLines.Dequeue();
                if (echo)
                    Console.Error.WriteLine(line);
            }
        process.WaitForExit();
    }

    private static byte[] ReadScript()
    {
        using var resource = typeof(GymnasiumProcess).Assembly.GetManifestResourceStream(Script)!;
        var text = new byte[resource.Length];
        resource.ReadExactly(text);
        return text;
    }
}
