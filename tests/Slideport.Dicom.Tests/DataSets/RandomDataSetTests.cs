using CsCheck;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;

namespace Slideport.Dicom.Tests.DataSets;

public sealed class RandomDataSetTests
{
    private static readonly DictionaryEntry[] Attributes =
        [.. DicomDictionary.Entries.Take(DictionaryTable.AttributeCount).Where(e => e.Tag.Group is >= 8 and < 0x7FE0 && !e.Tag.IsGroupLength && e.Vr != Vr.None && e.Keyword.Length > 0)];

    /// <summary>Data sets of standard attributes with values of their VR, nested up to three deep.</summary>
    private static readonly Gen<DicomDataSet> DataSets = DataSet(3);

    [Fact]
    public void Random_data_sets_read_as_they_were_written()
    {
        Gen.Select(DataSets, Gen.Bool, Gen.Bool, Gen.Bool).Sample((set, isImplicit, isDefined, isForward) =>
        {
            var syntax = isImplicit ? TransferSyntax.ImplicitVrLittleEndian : TransferSyntax.ExplicitVrLittleEndian;
            using var stream = new MemoryStream();
            var writer = new DicomWriter(stream, syntax, isDefined ? SequenceLengths.Defined : SequenceLengths.Undefined);
            writer.Write(set);
            writer.Flush();

            var reader = new DicomReader(isForward ? new ForwardStream(stream.ToArray(), 5) : new MemoryStream(stream.ToArray()), syntax);
            var read = DicomDataSet.Load(reader);

            Assert.Empty(reader.Warnings);
            Assert.Equal(Describe(set), Describe(read));
        }, iter: 300);
    }

    private static Gen<DicomDataSet> DataSet(int depth) =>
        Gen.Select(Gen.Int[0, Attributes.Length - 1], Gen.Byte.Array[0, 40]).Array[0, 8].SelectMany(values =>
            (depth == 0 ? Gen.Const(Array.Empty<DicomDataSet>()) : DataSet(depth - 1).Array[0, 2]).Select(items =>
            {
                var set = new DicomDataSet();
                foreach (var (attribute, bytes) in values)
                {
                    var entry = Attributes[attribute];
                    if (entry.Tag == Tags.SpecificCharacterSet) continue;
                    if (entry.Vr == Vr.SQ) set.Set(entry.Tag, items);
                    else set.Set(entry.Tag, entry.Vr, Value(entry.Vr, bytes));
                }

                return set;
            }));

    private static byte[] Value(Vr vr, byte[] bytes)
    {
        var value = bytes[..(bytes.Length / Math.Max(2, vr.UnitBytes) * Math.Max(2, vr.UnitBytes))];
        return vr.IsText ? Array.ConvertAll(value, b => (byte)('A' + b % 26)) : value;
    }

    private static string Describe(DicomDataSet set) => string.Join('\n', set.Elements.Select(e =>
        $"{e.Tag}{e.Vr} {Convert.ToHexString(set.GetBytes(e.Tag) ?? [])} [{string.Join(',', e.Items.Select(Describe))}]"));
}
