namespace TorchSharp;

public static partial class torch
{
    /// <summary>A random number generator with its own state, for operators that draw numbers.</summary>
    public class Generator : IDisposable
    {
        private nint _handle;

        public Generator(ulong seed = 0, Device? device = null)
        {
            this.device = device ?? CPU;
            _handle = Native.torch_generator((int)this.device.type, this.device.index, seed);
            if (_handle == 0)
                throw Native.Error();
        }

        private Generator(nint handle)
        {
            if (handle == 0)
                throw Native.Error();
            device = CPU;
            _handle = handle;
        }

        ~Generator() => Dispose(false);

        /// <summary>The processor's default generator, which operators without a generator use.</summary>
        public static Generator Default => new(Native.torch_default_generator((int)DeviceType.CPU, -1));

        public Device device { get; }

        internal nint ValidHandle => _handle != 0 ? _handle : throw new InvalidOperationException("Generator is disposed.");

        public Tensor get_state()
        {
            var state = Native.torch_generator_get_state(ValidHandle);
            GC.KeepAlive(this);
            return state != 0 ? new Tensor(state) : throw Native.Error();
        }

        public void set_state(Tensor value)
        {
            Native.Check(Native.torch_generator_set_state(ValidHandle, value.ValidHandle));
            GC.KeepAlive(this);
            GC.KeepAlive(value);
        }

        public Generator manual_seed(long seed)
        {
            Native.Check(Native.torch_generator_set_seed(ValidHandle, unchecked((ulong)seed)));
            GC.KeepAlive(this);
            return this;
        }

        public long initial_seed()
        {
            var seed = unchecked((long)Native.torch_generator_seed(ValidHandle));
            GC.KeepAlive(this);
            return seed;
        }

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            if (_handle == 0)
                return;
            Native.torch_generator_dispose(_handle);
            _handle = 0;
        }
    }
}
