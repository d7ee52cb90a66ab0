using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;

namespace Slideport.Dicom.Json;

/// <summary>
/// Writes data sets in the DICOM JSON Model (PS3.18 F), whole or element by element, so that who writes long sequences can flush in between.
/// Text becomes Unicode whatever the data set's character set was, and Specific Character Set says so. Not thread-safe.
/// </summary>
/// <param name="output">Where to; stays the caller's, who also flushes it.</param>
/// <param name="options">How long values are carried; null for the defaults.</param>
public sealed class DicomJsonWriter(Utf8JsonWriter output, DicomJsonOptions? options = null)
{
    /// <summary>Integers beyond 2^53 are text: most readers of JSON would round them (PS3.18 F.2.3.1).</summary>
    private const long MaxSafeInteger = 1L << 53;

    private readonly DicomJsonOptions _options = options ?? new DicomJsonOptions();
    private readonly List<(string Tag, int Item)> _path = [];

    private readonly record struct OpenSequence(IReadOnlyList<DicomDataSet> Items, int NextItem, DicomDataSet Parent, int NextElement);

    /// <summary>Writes a data set as one object.</summary>
    /// <exception cref="DicomException">A value was left in its file, and the options do not tell where it can be had.</exception>
    public void Write(DicomDataSet dataSet)
    {
        ArgumentNullException.ThrowIfNull(dataSet);
        StartItem();
        foreach (var element in dataSet.Elements) WriteElement(dataSet, element);
        EndItem();
    }

    /// <summary>Begins the object of a data set, or of an item of the innermost sequence.</summary>
    public void StartItem()
    {
        if (_path.Count > 0) _path[^1] = _path[^1] with { Item = _path[^1].Item + 1 };
        output.WriteStartObject();
    }

    /// <summary>Ends the object begun last.</summary>
    public void EndItem() => output.WriteEndObject();

    /// <summary>Begins a sequence whose items the caller writes.</summary>
    public void StartSequence(DicomTag tag) => StartSequence(tag, isEmpty: false);

    /// <summary>Ends the sequence begun last.</summary>
    public void EndSequence()
    {
        _path.RemoveAt(_path.Count - 1);
        output.WriteEndArray();
        output.WriteEndObject();
    }

    /// <summary>Writes an element that has its value elsewhere.</summary>
    public void WriteBulkDataUri(DicomTag tag, Vr vr, string uri)
    {
        StartAttribute(tag, vr);
        output.WriteString("BulkDataURI"u8, uri);
        output.WriteEndObject();
    }

    /// <summary>Writes an element, with all that is in it.</summary>
    /// <param name="dataSet">What it is an element of.</param>
    /// <param name="element">The element.</param>
    /// <exception cref="DicomException">A value was left in its file, and the options do not tell where it can be had.</exception>
    public void WriteElement(DicomDataSet dataSet, DicomElement element)
    {
        ArgumentNullException.ThrowIfNull(dataSet);
        ArgumentNullException.ThrowIfNull(element);
        var open = new Stack<OpenSequence>();
        if (WriteUnlessSequence(dataSet, element)) return;
        open.Push(new OpenSequence(element.Items, 0, dataSet, dataSet.Elements.Count));
        while (open.TryPop(out var sequence))
        {
            var (set, next) = (sequence.Parent, sequence.NextElement);
            if (sequence.NextItem < sequence.Items.Count)
            {
                open.Push(sequence with { NextItem = sequence.NextItem + 1 });
                (set, next) = (sequence.Items[sequence.NextItem], 0);
                StartItem();
            }
            else
            {
                EndSequence();
                if (open.Count == 0) return;
            }

            while (next < set.Elements.Count && WriteUnlessSequence(set, set.Elements[next])) next++;
            if (next < set.Elements.Count) open.Push(new OpenSequence(set.Elements[next].Items, 0, set, next + 1));
            else EndItem();
        }
    }

    /// <summary>What is empty has no Value (PS3.18 F.2.5), and ends at once.</summary>
    private void StartSequence(DicomTag tag, bool isEmpty)
    {
        StartAttribute(tag, Vr.SQ);
        if (isEmpty)
        {
            output.WriteEndObject();
            return;
        }

        output.WriteStartArray("Value"u8);
        _path.Add((Name(tag), -1));
    }

    /// <summary>Writes an element; of a sequence that has items only the beginning, which is told by false.</summary>
    private bool WriteUnlessSequence(DicomDataSet set, DicomElement element)
    {
        if (element.IsSequence)
        {
            StartSequence(element.Tag, isEmpty: element.Items.Count == 0);
            return element.Items.Count == 0;
        }

        WriteValue(set, element);
        return true;
    }

    private void WriteValue(DicomDataSet set, DicomElement element)
    {
        if (element.Tag == Tags.SpecificCharacterSet)
        {
            WriteCharacterSet();
            return;
        }

        var isBinary = IsBinary(element.Vr);
        if (element.IsDeferred || element.IsEncapsulated || (isBinary && _options.BulkDataUri is not null && element.Bytes?.Length > _options.MaxInlineBytes))
        {
            WriteBulkDataUri(element.Tag, element.Vr, BulkDataUri(element));
            return;
        }

        StartAttribute(element.Tag, element.Vr);
        if (isBinary) WriteInline(element.Bytes ?? []);
        else if (element.Vr.IsText) WriteTexts(element, ValueText.Read(element, set.CharacterSet) ?? "");
        else if (element.Bytes is { Length: > 0 } bytes) WriteNumbers(element, bytes);
        output.WriteEndObject();
    }

    private string BulkDataUri(DicomElement element)
    {
        var uri = _options.BulkDataUri ?? throw new DicomException($"The value of {element.Tag} was left in its file, and nobody has told where it can be had");
        return uri(string.Concat(_path.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Tag}/{p.Item}/"))) + Name(element.Tag));
    }

    private void WriteCharacterSet()
    {
        // Once for all: an item has the text of the data set around it (PS3.18 F.2.2).
        if (_path.Count > 0) return;
        StartAttribute(Tags.SpecificCharacterSet, Vr.CS);
        output.WriteStartArray("Value"u8);
        output.WriteStringValue("ISO_IR 192"u8);
        output.WriteEndArray();
        output.WriteEndObject();
    }

    private void WriteInline(byte[] bytes)
    {
        if (bytes.Length > 0) output.WriteBase64String("InlineBinary"u8, bytes);
    }

    private void WriteTexts(DicomElement element, string text)
    {
        if (text.Length == 0) return;
        output.WriteStartArray("Value"u8);
        if (element.Vr.IsSingleText) output.WriteStringValue(text);
        else foreach (var value in text.Split('\\')) WriteText(element.Vr, element.Vr == Vr.UC ? value.TrimEnd(' ') : value.Trim(' '));
        output.WriteEndArray();
    }

    private void WriteText(Vr vr, string value)
    {
        if (value.Length == 0) output.WriteNullValue();
        else if (vr == Vr.PN) WritePersonName(value);
        else if ((vr == Vr.DS || vr == Vr.IS) && double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)) output.WriteNumberValue(number);
        else output.WriteStringValue(value);
    }

    private void WritePersonName(string value)
    {
        output.WriteStartObject();
        foreach (var (name, group) in ((string[])["Alphabetic", "Ideographic", "Phonetic"]).Zip(value.Split('=', 3)))
        {
            if (group.Trim(' ') is { Length: > 0 } text) output.WriteString(name, text);
        }

        output.WriteEndObject();
    }

    /// <summary>Binary numbers and tags; what does not fill a whole unit at the end is no value.</summary>
    private void WriteNumbers(DicomElement element, ReadOnlySpan<byte> bytes)
    {
        var vr = element.Vr;
        var unit = vr == Vr.AT ? 4 : vr.UnitBytes;
        output.WriteStartArray("Value"u8);
        for (; bytes.Length >= unit; bytes = bytes[unit..])
        {
            if (vr == Vr.AT) output.WriteStringValue(Name(new DicomTag(BinaryPrimitives.ReadUInt16LittleEndian(bytes), BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]))));
            else if (vr == Vr.FL) WriteNumber(BinaryPrimitives.ReadSingleLittleEndian(bytes));
            else if (vr == Vr.FD) WriteNumber(BinaryPrimitives.ReadDoubleLittleEndian(bytes));
            else if (vr == Vr.UV) WriteInteger(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            else WriteInteger(ReadInteger(vr, bytes));
        }

        output.WriteEndArray();
    }

    private static Int128 ReadInteger(Vr vr, ReadOnlySpan<byte> bytes) => vr.UnitBytes switch
    {
        2 => vr == Vr.SS ? BinaryPrimitives.ReadInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        4 => vr == Vr.SL ? BinaryPrimitives.ReadInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        _ => BinaryPrimitives.ReadInt64LittleEndian(bytes),
    };

    private void WriteInteger(Int128 value)
    {
        if (Int128.Abs(value) <= MaxSafeInteger) output.WriteNumberValue((long)value);
        else output.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>JSON has no numbers for what is not finite.</summary>
    private void WriteNumber(double value)
    {
        if (double.IsFinite(value)) output.WriteNumberValue(value);
        else output.WriteStringValue(double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
    }

    private void WriteNumber(float value)
    {
        if (float.IsFinite(value)) output.WriteNumberValue(value);
        else WriteNumber((double)value);
    }

    private void StartAttribute(DicomTag tag, Vr vr)
    {
        output.WriteStartObject(Name(tag));
        output.WriteString("vr"u8, vr.IsKnown ? vr.ToString() : "UN");
    }

    private static bool IsBinary(Vr vr) => !vr.IsKnown || vr == Vr.OB || vr == Vr.OD || vr == Vr.OF || vr == Vr.OL || vr == Vr.OV || vr == Vr.OW || vr == Vr.UN;

    private static string Name(DicomTag tag) => tag.Value.ToString("X8", CultureInfo.InvariantCulture);
}
