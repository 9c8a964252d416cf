package world

import (
	"fmt"
	"strings"
)

// Error codes of Discord's API that this world answers with.
// https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
const (
	CodeUnknownApplication   = 10002
	CodeUnknownChannel       = 10003
	CodeUnknownGuild         = 10004
	CodeUnknownMember        = 10007
	CodeUnknownMessage       = 10008
	CodeUnknownRole          = 10011
	CodeUnknownUser          = 10013
	CodeUnknownEmoji         = 10014
	CodeUnknownWebhook       = 10015
	CodeUnknownSticker       = 10060
	CodeUnknownInteraction   = 10062
	CodeUnknownCommand       = 10063
	CodeSlowmode             = 20016
	CodeTooManyReactions     = 30010
	CodeTooManyWebhooks      = 30007
	CodeTooManyAttachments   = 30015
	CodeTooManyThreadMembers = 30033
	CodeTooManyOldEdits      = 30046
	CodeTooLarge             = 40005
	CodeForumMessage         = 40058
	CodeAlreadyAcknowledged  = 40060
	CodeTagRequired          = 40067
	CodeUserAgent            = 40333
	CodeMissingAccess        = 50001
	CodeNotAuthor            = 50005
	CodeEmptyMessage         = 50006
	CodeNonText              = 50008
	CodeMissingPermissions   = 50013
	CodeBulkDeleteCount      = 50016
	CodeSystemMessage        = 50021
	CodeWrongChannelType     = 50024
	CodeInvalidWebhookToken  = 50027
	CodeBulkDeleteOld        = 50034
	CodeInvalidForm          = 50035
	CodeInvalidSticker       = 50081
	CodeArchived             = 50083
	CodeInvalidJSON          = 50109
	CodeVoiceContent         = 50159
	CodeVoiceFile            = 50160
	CodeVoiceMetadata        = 50161
	CodeVoiceEdit            = 50162
	CodeVoiceForbidden       = 50173
	CodeTwoFactor            = 60003
	CodeThreadExists         = 160004
	CodeThreadLocked         = 160005
	CodeTooManyThreads       = 160006
	CodeWebhookNeedsThread   = 220001
	CodeWebhookThreadNotText = 220003
)

type codeRow struct {
	status int
	text   string
}

var codeTable = map[int]codeRow{
	CodeUnknownApplication:   {404, "Unknown Application"},
	CodeUnknownChannel:       {404, "Unknown Channel"},
	CodeUnknownGuild:         {404, "Unknown Guild"},
	CodeUnknownMember:        {404, "Unknown Member"},
	CodeUnknownMessage:       {404, "Unknown Message"},
	CodeUnknownRole:          {404, "Unknown Role"},
	CodeUnknownUser:          {404, "Unknown User"},
	CodeUnknownEmoji:         {400, "Unknown Emoji"},
	CodeUnknownWebhook:       {404, "Unknown Webhook"},
	CodeUnknownSticker:       {404, "Unknown Sticker"},
	CodeUnknownInteraction:   {404, "Unknown interaction"},
	CodeUnknownCommand:       {404, "Unknown application command"},
	CodeSlowmode:             {429, "This action cannot be performed due to slowmode rate limit"},
	CodeTooManyReactions:     {400, "Maximum number of reactions reached (20)"},
	CodeTooManyWebhooks:      {400, "Maximum number of webhooks reached (15)"},
	CodeTooManyAttachments:   {400, "Maximum number of attachments in a message reached (10)"},
	CodeTooManyThreadMembers: {400, "Maximum number of thread participants reached (1000)"},
	CodeTooManyOldEdits:      {429, "Maximum number of edits to messages older than 1 hour reached. Try again later"},
	CodeTooLarge:             {413, "Request entity too large"},
	CodeForumMessage:         {400, "Cannot send messages in a forum channel"},
	CodeAlreadyAcknowledged:  {400, "Interaction has already been acknowledged."},
	CodeTagRequired:          {400, "A tag is required to create a forum post in this channel"},
	CodeUserAgent:            {403, "internal network error"},
	CodeMissingAccess:        {403, "Missing Access"},
	CodeNotAuthor:            {403, "Cannot edit a message authored by another user"},
	CodeEmptyMessage:         {400, "Cannot send an empty message"},
	CodeNonText:              {400, "Cannot send messages in a non-text channel"},
	CodeMissingPermissions:   {403, "Missing Permissions"},
	CodeBulkDeleteCount:      {400, "Provided too few or too many messages to delete. Must provide at least 2 and fewer than 100 messages to delete"},
	CodeSystemMessage:        {403, "Cannot execute action on a system message"},
	CodeWrongChannelType:     {400, "Cannot execute action on this channel type"},
	CodeInvalidWebhookToken:  {401, "Invalid Webhook Token"},
	CodeBulkDeleteOld:        {400, "You can only bulk delete messages that are under 14 days old."},
	CodeInvalidForm:          {400, "Invalid Form Body"},
	CodeInvalidSticker:       {400, "An invalid sticker was sent"},
	CodeArchived:             {400, "Thread is archived"},
	CodeInvalidJSON:          {400, "The request body contains invalid JSON."},
	CodeVoiceContent:         {400, "Voice messages do not support additional content."},
	CodeVoiceFile:            {400, "Voice messages must have a single audio attachment."},
	CodeVoiceMetadata:        {400, "Voice messages must have supporting metadata."},
	CodeVoiceEdit:            {400, "Voice messages cannot be edited."},
	CodeVoiceForbidden:       {403, "You cannot send voice messages in this channel."},
	CodeTwoFactor:            {403, "Two factor is required for this operation"},
	CodeThreadExists:         {400, "A thread has already been created for this message"},
	CodeThreadLocked:         {400, "Thread is locked"},
	CodeTooManyThreads:       {400, "Maximum number of active threads reached"},
	CodeWebhookNeedsThread:   {400, "Webhooks posted to forum channels must have a thread_name or thread_id"},
	CodeWebhookThreadNotText: {400, "Webhooks can only create threads in forum channels"},
}

// APIError is an answer of Discord that is not a success: its HTTP status and its JSON body.
type APIError struct {
	Status  int            `json:"-"`
	Message string         `json:"message"`
	Code    int            `json:"code"`
	Errors  map[string]any `json:"errors,omitempty"`
	// RetryAfter in seconds and Global stand in 429 bodies only.
	RetryAfter *float64 `json:"retry_after,omitempty"`
	Global     *bool    `json:"global,omitempty"`
}

// Error gives status, text and code.
func (e *APIError) Error() string {
	return fmt.Sprintf("discord: %d %s (code %d)", e.Status, e.Message, e.Code)
}

// failure gives the error of a documented code.
func failure(code int) *APIError {
	row, ok := codeTable[code]
	if !ok {
		panic(fmt.Sprintf("world: no text for error code %d", code))
	}
	return &APIError{Status: row.status, Message: row.text, Code: code}
}

// bare gives one of the errors without a code of their own, such as 404: Not Found.
func bare(status int, text string) *APIError {
	return &APIError{Status: status, Message: fmt.Sprintf("%d: %s", status, text)}
}

// form collects the field errors of one request, and becomes a 50035 where there are any.
type form struct{ errors map[string]any }

// add notes what is wrong with a field. A path such as "embeds", "0", "title" goes deeper.
func (f *form) add(code, message string, path ...string) {
	if f.errors == nil {
		f.errors = map[string]any{}
	}
	at := f.errors
	for _, key := range path {
		next, ok := at[key].(map[string]any)
		if !ok {
			next = map[string]any{}
			at[key] = next
		}
		at = next
	}
	list, _ := at["_errors"].([]any)
	at["_errors"] = append(list, map[string]string{"code": code, "message": message})
}

func (f *form) tooLong(limit int, path ...string) {
	f.add("BASE_TYPE_MAX_LENGTH", fmt.Sprintf("Must be %d or fewer in length.", limit), path...)
}

func (f *form) length(low, high int, path ...string) {
	f.add("BASE_TYPE_BAD_LENGTH", fmt.Sprintf("Must be between %d and %d in length.", low, high), path...)
}

func (f *form) required(path ...string) {
	f.add("BASE_TYPE_REQUIRED", "This field is required", path...)
}

// channelName checks the name of a channel or thread: what is nothing but blanks counts as none.
func (f *form) channelName(name string) {
	if strings.TrimSpace(name) == "" {
		f.required("name")
	} else if utf16Len(name) > 100 {
		f.length(1, 100, "name")
	}
}

// failure is nil where no field was wrong.
func (f *form) failure() *APIError {
	if f.errors == nil {
		return nil
	}
	e := failure(CodeInvalidForm)
	e.Errors = f.errors
	return e
}
