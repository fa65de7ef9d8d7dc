{{- define "lossd.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* Labels of an object; call with (list $ "component"). */}}
{{- define "lossd.labels" -}}
{{ include "lossd.selector" . }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
{{- with (index . 0).Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "lossd.selector" -}}
app.kubernetes.io/name: lossd
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "lossd.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: {{ . }}
fsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "lossd.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "lossd.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
{{- end }}
