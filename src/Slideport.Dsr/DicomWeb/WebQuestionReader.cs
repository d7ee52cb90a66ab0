using System.Globalization;
using Microsoft.AspNetCore.Http;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;

namespace Slideport.Dsr.DicomWeb;

/// <summary>Reads the parameters of a QIDO-RS request (PS3.18 8.3.4). What the catalogue cannot look for is passed over and said so.</summary>
internal sealed class WebQuestionReader
{
    private const int MaxValue = 1000;
    private const int MaxFields = 200;
    private const string Microscopy = "SM";

    private static readonly DicomTag[] SlideKeys =
    [
        Tags.StudyInstanceUID, Tags.SeriesInstanceUID, Tags.PatientID, Tags.AccessionNumber, Tags.StudyDate, Tags.ModalitiesInStudy, Tags.Modality, Tags.ContainerIdentifier,
    ];

    private static readonly DicomTag[] InstanceKeys = [Tags.SOPInstanceUID, Tags.SOPClassUID, Tags.InstanceNumber];

    private readonly List<string> _warnings = [];
    private readonly HashSet<DicomTag> _fields = [];
    private readonly bool _isOfInstances;
    private bool _wantsAllFields;
    private WebQuestion _question = new();

    private WebQuestionReader(bool isOfInstances) => _isOfInstances = isOfInstances;

    /// <summary>Reads a request.</summary>
    /// <param name="query">Its parameters.</param>
    /// <param name="isOfInstances">Whether instances are looked for, which are found by more.</param>
    /// <exception cref="DicomWebException">A parameter cannot be understood.</exception>
    internal static WebQuestion Read(IQueryCollection query, bool isOfInstances)
    {
        var reader = new WebQuestionReader(isOfInstances);
        foreach (var (name, values) in query)
        {
            foreach (var value in values)
                reader.Read(name, value ?? "");
        }

        return reader._question with { Fields = reader._fields, WantsAllFields = reader._wantsAllFields, Warnings = reader._warnings };
    }

    private void Read(string name, string value)
    {
        if (value.Length > MaxValue)
            throw DicomWebException.BadRequest($"The value of {Shown(name)} has more than {MaxValue} characters.");
        switch (name)
        {
            case "accept":
                break;
            case "limit":
                ReadLimit(value);
                break;
            case "offset":
                _question = _question with { Offset = Number(name, value, WebQuestion.MaxOffset) };
                break;
            case "includefield":
                ReadFields(value);
                break;
            case "fuzzymatching" or "emptyvaluematching" or "multiplevaluematching":
                if (value is not ("true" or "false"))
                    throw DicomWebException.BadRequest($"The value of {name} is true or false.");
                if (value == "true" && name != "multiplevaluematching")
                    _warnings.Add($"The {name} parameter is not supported. Only literal matching has been performed.");
                break;
            default:
                ReadKey(TagOf(name), value);
                break;
        }
    }

    private void ReadLimit(string value)
    {
        var limit = Number("limit", value, int.MaxValue);
        if (limit > WebQuestion.MaxLimit)
            _warnings.Add($"At most {WebQuestion.MaxLimit} results are given at once.");
        _question = _question with { Limit = Math.Min(limit, WebQuestion.MaxLimit) };
    }

    private void ReadFields(string value)
    {
        foreach (var field in value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (field == "all")
                _wantsAllFields = true;
            else if (_fields.Add(TagOf(field)) && _fields.Count > MaxFields)
                throw DicomWebException.BadRequest($"More than {MaxFields} attributes are asked for; includefield=all has all of them.");
        }
    }

    private void ReadKey(DicomTag tag, string value)
    {
        // An empty value matches all (PS3.4 C.2.2.2.3).
        if (value.Length == 0 || value == "*")
            return;
        if (!SlideKeys.Contains(tag) && !(_isOfInstances && InstanceKeys.Contains(tag)))
        {
            _warnings.Add($"Matching by {DicomDictionary.Find(tag)?.Keyword ?? tag.ToString()} is not supported. The parameter has been ignored.");
            return;
        }

        if (tag == Tags.StudyInstanceUID)
            _question = _question with { Studies = Uids(tag, value) };
        else if (tag == Tags.SeriesInstanceUID)
            _question = _question with { Series = Uids(tag, value) };
        else if (tag == Tags.SOPInstanceUID)
            _question = _question with { Instances = Uids(tag, value) };
        else if (tag == Tags.SOPClassUID)
            _question = _question with { SopClasses = Uids(tag, value) };
        else if (tag == Tags.InstanceNumber)
            _question = _question with { InstanceNumber = Number(nameof(Tags.InstanceNumber), value, int.MaxValue) };
        else if (tag == Tags.StudyDate)
            ReadDates(value);
        else if (tag == Tags.PatientID)
            _question = _question with { Patient = Match(tag, value) };
        else if (tag == Tags.AccessionNumber)
            _question = _question with { Accession = Match(tag, value) };
        else if (tag == Tags.ContainerIdentifier)
            _question = _question with { Container = Match(tag, value) };
        else if (!value.Split(',', '\\').Any(v => v == Microscopy || (v.EndsWith('*') && Microscopy.StartsWith(v[..^1], StringComparison.Ordinal))))
            _question = _question with { IsOfNothing = true };
    }

    private void ReadDates(string value)
    {
        var (from, until) = value.Split('-') switch
        {
            [var day] => (Day(day), Day(day)),
            [var first, var last] when first.Length + last.Length > 0 => (first.Length > 0 ? Day(first) : null, last.Length > 0 ? Day(last) : (DateTimeOffset?)null),
            _ => throw WrongDate(value),
        };
        _question = _question with { From = from, Until = until?.AddDays(1) };

        DateTimeOffset? Day(string text) => DateTime.TryParseExact(text, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is > 1 and < 9999
            ? new DateTimeOffset(day, TimeSpan.Zero)
            : throw WrongDate(value);
    }

    private static DicomWebException WrongDate(string value) => DicomWebException.BadRequest($"'{Shown(value)}' is no date: write 20260301, or 20260301-20260331 for a range, either end of which may be left out.");

    private static string[] Uids(DicomTag tag, string value)
    {
        var uids = value.Split([',', '\\'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (uids.Length > WebQuestion.MaxUids)
            throw DicomWebException.BadRequest($"More than {WebQuestion.MaxUids} UIDs are asked for at once.");
        return uids.All(uid => uid.All(c => char.IsAsciiDigit(c) || c == '.'))
            ? uids
            : throw DicomWebException.BadRequest($"{DicomDictionary.Find(tag)?.Keyword} has a value that is no UID.");
    }

    private static TextMatch Match(DicomTag tag, string value)
    {
        var isBeginning = value.EndsWith('*');
        var text = isBeginning ? value[..^1] : value;
        return text.AsSpan().ContainsAny('*', '?')
            ? throw DicomWebException.BadRequest($"Of wildcards only a * at the end of {DicomDictionary.Find(tag)?.Keyword} is supported.")
            : new TextMatch(text, isBeginning);
    }

    private static int Number(string name, string value, int most) => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= most
        ? number
        : throw DicomWebException.BadRequest($"The value of {name} is a whole number from 0 to {most}.");

    // Of a path through sequences only the whole counts: none is looked for.
    private static DicomTag TagOf(string name)
    {
        DicomTag last = default;
        foreach (var part in name.Split('.'))
        {
            last = DicomDictionary.FindKeyword(part)?.Tag ?? (part.Length == 8 && DicomTag.TryParse(part, out var tag)
                ? tag
                : throw DicomWebException.BadRequest($"'{Shown(name)}' is neither an attribute's keyword nor its tag, as PatientID or 00100020."));
        }

        return name.Contains('.', StringComparison.Ordinal) ? default : last;
    }

    private static string Shown(string text) => text.Length > 64 ? text[..64] + "…" : text;
}
