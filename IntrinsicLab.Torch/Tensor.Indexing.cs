using System.Runtime.CompilerServices;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>One index: a place, a slice, a new dimension, all remaining dimensions, or a tensor of places or a mask.</summary>
    public readonly struct TensorIndex
    {
        internal enum Form { None, Single, Null, Ellipsis, Bool, Tensor, Slice }

        public static readonly TensorIndex Ellipsis = new(Form.Ellipsis);
        public static readonly TensorIndex None = new(Form.None);
        public static readonly TensorIndex Null = new(Form.Null);
        public static readonly TensorIndex Colon = Slice();

        private TensorIndex(Form kind, long? start = null, long? stop = null, long? step = null, torch.Tensor? tensor = null)
        {
            Kind = kind;
            Start = start;
            Stop = stop;
            Step = step;
            Places = tensor;
        }

        internal Form Kind { get; }
        internal long? Start { get; }
        internal long? Stop { get; }
        internal long? Step { get; }
        internal torch.Tensor? Places { get; }

        public static TensorIndex Slice(long? start = null, long? stop = null, long? step = null) => new(Form.Slice, start, stop, step);
        public static TensorIndex Slice((int? start, int? end) range) => Slice(range.start, range.end);

        public static TensorIndex Slice(Range range) => Slice(
            range.Start.IsFromEnd ? -range.Start.Value : range.Start.Value,
            !range.End.IsFromEnd ? range.End.Value : range.End.Value == 0 ? null : -range.End.Value);

        public static TensorIndex Single(long? index) => new(Form.Single, index);
        public static TensorIndex Bool(bool value) => new(Form.Bool, value ? 1 : 0);
        public static TensorIndex Tensor(torch.Tensor tensor) => new(Form.Tensor, tensor: tensor);

        public static implicit operator TensorIndex(long value) => Single(value);
        public static implicit operator TensorIndex((int? start, int? end) range) => Slice(range);
        public static implicit operator TensorIndex(Range range) => Slice(range);

        /// <summary>Never called: it makes the overload that takes TensorIndex the better one.</summary>
        public static implicit operator torch.Tensor(TensorIndex value) =>
            throw new InvalidOperationException("a TensorIndex is not a tensor");
    }

    public partial class Tensor
    {
        [IndexerName("TensorItems")]
        public Tensor this[params TensorIndex[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        [IndexerName("TensorItems")]
        public Tensor this[params Tensor[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1]
        {
            get => select(0, i1);
            set => Assign(value, i1);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2]
        {
            get => index(i1, i2);
            set => Assign(value, i1, i2);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3]
        {
            get => index(i1, i2, i3);
            set => Assign(value, i1, i2, i3);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4]
        {
            get => index(i1, i2, i3, i4);
            set => Assign(value, i1, i2, i3, i4);
        }

        public Tensor index(params TensorIndex[] indices)
        {
            var (view, places) = Locate(indices);
            if (places is null)
                return view;
            using (view)
                return view.IndexOptional(places);
        }

        public Tensor index_put_(Tensor value, params TensorIndex[] indices)
        {
            var (view, places) = Locate(indices);
            using (view)
            {
                if (places is null)
                    view.copy_(value);
                else
                    view.IndexPutOptional_(places, value);
            }
            return this;
        }

        public Tensor index_put_(Scalar value, params TensorIndex[] indices)
        {
            using var tensor = full(Array.Empty<long>(), value, dtype, device);
            return index_put_(tensor, indices);
        }

        public Tensor index_put_(Scalar value, params Tensor[] indices)
        {
            using var tensor = full(Array.Empty<long>(), value, dtype, device);
            return index_put_(tensor, indices);
        }

        private void Assign(Tensor value, params TensorIndex[] indices) => index_put_(value, indices);

        /// <summary>A view after all places, slices and new dimensions, and the tensor indices of its dimensions, if any.</summary>
        private (Tensor View, Tensor?[]? Places) Locate(TensorIndex[] indices)
        {
            var view = alias();
            List<Tensor?>? places = null;
            var dimension = 0;
            var covered = 0; // dimensions that places speaks for: a mask is one entry for several
            foreach (var index in indices)
            {
                switch (index.Kind)
                {
                    case TensorIndex.Form.Single:
                        Replace(view.select(dimension, index.Start!.Value));
                        break;
                    case TensorIndex.Form.Slice:
                        if (index.Start is not null || index.Stop is not null || index.Step is not null)
                            Replace(view.SliceOpen(dimension, index.Start, index.Stop, index.Step ?? 1));
                        dimension++;
                        break;
                    case TensorIndex.Form.Ellipsis:
                        var later = indices.SkipWhile(other => other.Kind != TensorIndex.Form.Ellipsis).Sum(Consumed);
                        dimension = (int)view.ndim - later;
                        break;
                    case TensorIndex.Form.Tensor:
                        places ??= [];
                        while (covered < dimension)
                        {
                            places.Add(null);
                            covered++;
                        }
                        places.Add(index.Places);
                        dimension += Consumed(index);
                        covered = dimension;
                        break;
                    case TensorIndex.Form.None or TensorIndex.Form.Null:
                        Replace(view.unsqueeze(dimension++));
                        break;
                    default:
                        throw new NotSupportedException("a boolean index is not supported");
                }
            }
            return (view, places?.ToArray());

            void Replace(Tensor next)
            {
                view.Dispose();
                view = next;
            }
        }

        /// <summary>How many dimensions an index stands for; a mask stands for all of its own.</summary>
        private static int Consumed(TensorIndex index) => index.Kind switch
        {
            TensorIndex.Form.None or TensorIndex.Form.Null or TensorIndex.Form.Ellipsis => 0,
            TensorIndex.Form.Tensor when index.Places!.dtype is ScalarType.Bool or ScalarType.Byte => (int)index.Places.ndim,
            _ => 1,
        };
    }
}
