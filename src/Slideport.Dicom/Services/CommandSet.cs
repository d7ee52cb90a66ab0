using System.Text;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;

namespace Slideport.Dicom.Services;

/// <summary>The command part of a DIMSE message: group 0000, always Implicit VR Little Endian (PS3.7 6.3.1).</summary>
internal sealed class CommandSet
{
    private const int NoDataSet = 0x0101;
    private const int MaxErrorCommentChars = 64;

    private readonly DicomDataSet _elements;

    private CommandSet(DicomDataSet elements) => _elements = elements;

    public CommandField? Field => (CommandField?)UInt16(Tags.CommandField);

    public ushort MessageId => UInt16(Tags.MessageID) ?? 0;

    public ushort RespondedMessageId => UInt16(Tags.MessageIDBeingRespondedTo) ?? 0;

    /// <summary>Only 0101H means that no data set follows; every other value, and none, that one does (PS3.7 E.1).</summary>
    public bool HasDataSet => _elements.GetInt32(Tags.CommandDataSetType) != NoDataSet;

    public string? SopClassUid => Uid(Tags.AffectedSOPClassUID) ?? Uid(Tags.RequestedSOPClassUID);

    public string? SopInstanceUid => Uid(Tags.AffectedSOPInstanceUID) ?? Uid(Tags.RequestedSOPInstanceUID);

    public int ActionTypeId => UInt16(Tags.ActionTypeID) ?? 0;

    public int EventTypeId => UInt16(Tags.EventTypeID) ?? 0;

    public DimseStatus Status => new(UInt16(Tags.Status) ?? DimseStatus.ProcessingFailure.Code);

    public string? ErrorComment => _elements.GetString(Tags.ErrorComment);

    /// <exception cref="DicomFormatException">The bytes are not a data set.</exception>
    public static CommandSet Parse(ReadOnlyMemory<byte> bytes) => new(DicomDataSet.Load(bytes, TransferSyntax.ImplicitVrLittleEndian));

    public static CommandSet Request(CommandField field, ushort messageId, bool hasDataSet, string sopClassUid, string? sopInstanceUid = null)
    {
        var named = field is CommandField.NActionRq;
        var elements = new DicomDataSet()
            .Set(Tags.CommandField, (long)field)
            .Set(Tags.MessageID, messageId)
            .Set(Tags.CommandDataSetType, hasDataSet ? 0x0001 : NoDataSet)
            .Set(named ? Tags.RequestedSOPClassUID : Tags.AffectedSOPClassUID, sopClassUid);
        if (sopInstanceUid is not null)
            elements.Set(named ? Tags.RequestedSOPInstanceUID : Tags.AffectedSOPInstanceUID, sopInstanceUid);
        if (field == CommandField.CStoreRq)
            elements.Set(Tags.Priority, 0);
        return new CommandSet(elements);
    }

    /// <summary>
    /// The response to a request, without a data set. The comment is cut to what LO allows, or peers would choke on it; a UID that is none is not
    /// repeated, since no UI can carry it.
    /// </summary>
    public CommandSet Respond(DimseStatus status, string? comment = null)
    {
        var elements = new DicomDataSet()
            .Set(Tags.CommandField, (ushort)(Field ?? 0) | 0x8000)
            .Set(Tags.MessageIDBeingRespondedTo, MessageId)
            .Set(Tags.CommandDataSetType, NoDataSet)
            .Set(Tags.Status, status.Code);
        if (SopClassUid is { } sopClass && Ascii.IsValid(sopClass))
            elements.Set(Tags.AffectedSOPClassUID, sopClass);
        if (SopInstanceUid is { } sopInstance && Ascii.IsValid(sopInstance))
            elements.Set(Tags.AffectedSOPInstanceUID, sopInstance);
        if (!string.IsNullOrEmpty(comment))
            elements.Set(Tags.ErrorComment, string.Concat(comment.Take(MaxErrorCommentChars).Select(c => c is >= ' ' and <= '~' and not '\\' ? c : '?')));
        if (Field == CommandField.NActionRq)
            elements.Set(Tags.ActionTypeID, ActionTypeId);
        if (Field == CommandField.NEventReportRq)
            elements.Set(Tags.EventTypeID, EventTypeId);
        return new CommandSet(elements);
    }

    public CommandSet WithActionType(int id) => With(Tags.ActionTypeID, id);

    public CommandSet WithEventType(int id) => With(Tags.EventTypeID, id);

    /// <summary>The bytes with their group length in front (PS3.7 6.3.1 demands it).</summary>
    public byte[] ToBytes()
    {
        var body = _elements.ToBytes(TransferSyntax.ImplicitVrLittleEndian);
        byte[] length = [0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(length.AsSpan(8), body.Length);
        return [.. length, .. body];
    }

    private CommandSet With(DicomTag tag, int value)
    {
        _elements.Set(tag, value);
        return this;
    }

    // The elements of a command are US; a peer may write others, and numbers that no US holds.
    private ushort? UInt16(DicomTag tag) => _elements.GetInt32(tag) is { } value and >= 0 and <= ushort.MaxValue ? (ushort)value : null;

    private string? Uid(DicomTag tag) => _elements.GetString(tag) is { Length: > 0 } uid ? uid : null;
}
